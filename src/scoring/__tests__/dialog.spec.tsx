import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, refusal } from '../../__tests__/server';
import { aModelPage, aVersion } from '../../__tests__/things';
import { ScoringFields } from '../dialog';
import { ScoringDraft } from '../draft';

const PATH = 'POST /scoring-notebooks';

const PAGE = aModelPage({
  name: 'penguins',
  aliases: { candidate: '2', champion: '1' },
  versions: [
    aVersion({ version: '2', notebook: 'birds/train.ipynb' }),
    aVersion({ version: '1' })
  ]
});

function aDraft(answer: unknown) {
  const server = new AnsweringServer({ [PATH]: answer });
  const draft = new ScoringDraft(server.client.registry, PAGE);
  render(<ScoringFields draft={draft} />);
  return { server, draft };
}

const field = (name: RegExp) =>
  screen.getByRole<HTMLInputElement>('textbox', { name });
const versions = () =>
  screen.getByRole<HTMLSelectElement>('combobox', { name: 'Version' });
const said = () => screen.getByRole('alert').textContent;

describe('a notebook that scores a table', () => {
  it('is bound to the champion, beside the notebook that trained it', async () => {
    const { server, draft } = aDraft({ notebook: 'birds/mine.ipynb' });
    expect(versions().value).toBe('@champion');
    expect(field(/^Notebook/).value).toBe('birds/score-penguins.ipynb');
    await userEvent.type(field(/^Table/), ' 2009.parquet ');
    expect(await act(() => draft.submit())).toBe(true);
    expect(draft.written).toBe('birds/mine.ipynb');
    expect(server.seen[0].body).toEqual({
      model: 'models:/penguins@champion',
      data: '2009.parquet',
      output: 'scores',
      logical_date: '',
      notebook: 'birds/score-penguins.ipynb'
    });
  });

  it('may be bound to one version', async () => {
    const { server, draft } = aDraft({ notebook: 'x.ipynb' });
    fireEvent.change(versions(), { target: { value: '2' } });
    await userEvent.type(field(/^Table/), 'a.csv');
    await act(() => draft.submit());
    expect(server.seen[0].body.model).toBe('models:/penguins/2');
  });

  it('asks for the table before it asks the server', async () => {
    const { server, draft } = aDraft({});
    expect(await act(() => draft.submit())).toBe(false);
    expect(said()).toContain('Name the table');
    expect(server.seen).toEqual([]);
  });

  it('shows what is refused at its field, or above all', async () => {
    const { server, draft } = aDraft(
      refusal('notebook', 'It is there already.', 409)
    );
    await userEvent.type(field(/^Table/), 'a.csv');
    await act(() => draft.submit());
    expect(field(/^Notebook/).getAttribute('aria-invalid')).toBe('true');
    expect(said()).toContain('It is there already.');
    server.answer(PATH, refusal('model', 'No.'));
    await act(() => draft.submit());
    expect(field(/^Notebook/).getAttribute('aria-invalid')).toBe('false');
    expect(said()).toContain('No.');
  });
});
