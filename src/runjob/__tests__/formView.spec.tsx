import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, refusal } from '../../__tests__/server';
import { anInspection, aParameter } from '../../__tests__/things';
import type { NotebookInspection } from '../../api/types';
import { RunJobForm } from '../form';
import { RunJobFormView } from '../formView';

function show(given: Partial<NotebookInspection> = {}, answers = {}) {
  const server = new AnsweringServer(answers);
  const form = new RunJobForm(server.client, anInspection(given));
  render(<RunJobFormView form={form} modelNames={['cancer']} />);
  return { server, form };
}

describe('RunJobFormView', () => {
  it('gives each parameter an input fit for its type, with its default', () => {
    show({
      parameters: [
        aParameter({
          name: 'C',
          type: 'float',
          default: 1,
          help: 'Inverse strength.'
        }),
        aParameter({ name: 'fast', type: 'bool', default: true }),
        aParameter({
          name: 'model',
          type: 'str',
          default: 'b',
          choices: ['a', 'b']
        }),
        aParameter({ name: 'tags', type: 'list', default: ['x'] })
      ]
    });
    const C = screen.getByRole('textbox', { name: /^C/ }) as HTMLInputElement;
    expect(C.value).toBe('1.0');
    expect(screen.getByText('Inverse strength.')).toBeTruthy();
    const fast = screen.getByRole('checkbox', { name: /^fast/ });
    expect((fast as HTMLInputElement).checked).toBe(true);
    const model = screen.getByRole('combobox', { name: /^model/ });
    expect((model as HTMLSelectElement).selectedOptions[0].text).toBe('b');
    const tags = screen.getByRole('textbox', { name: /^tags/ });
    expect((tags as HTMLTextAreaElement).value).toBe('["x"]');
  });

  it('shows an expression as the placeholder of an empty input', () => {
    show({
      parameters: [
        aParameter({
          name: 'n',
          type: 'int',
          default: null,
          expression: 'cpus()'
        })
      ]
    });
    const input = screen.getByRole('textbox', {
      name: /^n/
    }) as HTMLInputElement;
    expect([input.value, input.placeholder]).toEqual(['', 'cpus()']);
  });

  it('marks what differs from its default, and says what cannot be a value', async () => {
    show();
    const C = screen.getByRole('textbox', { name: /^C/ });
    await userEvent.clear(C);
    await userEvent.type(C, 'half');
    expect(screen.getByText('changed')).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toContain('Type a number');
    expect(C.getAttribute('aria-invalid')).toBe('true');
  });

  it('shows the server’s refusal at its input, read out with it', async () => {
    const { form } = show(
      {},
      {
        'POST /runs': () => refusal('parameters.C', 'C must be above 0.')
      }
    );
    await act(() => form.submit());
    const C = screen.getByRole('textbox', { name: /^C/ });
    const note = document.getElementById(C.getAttribute('aria-describedby')!);
    expect(note?.textContent).toContain('C must be above 0. Mend it.');
    expect(C.getAttribute('aria-invalid')).toBe('true');
  });

  it('teaches how to tag a parameters cell where there is none', () => {
    show({ has_parameters_cell: false, parameters: [] });
    expect(
      screen.getByText('This notebook has no parameters cell')
    ).toBeTruthy();
    expect(screen.getByText(/add the tag “parameters”/)).toBeTruthy();
  });

  it('explains why another kernel was chosen', () => {
    show({
      kernel: 'ir',
      kernel_problem: 'No kernel “ir” is installed.',
      default_kernel: 'python3'
    });
    const kernel = screen.getByRole('combobox', { name: 'Kernel' });
    expect((kernel as HTMLSelectElement).value).toBe('python3');
    expect(screen.getByText(/No kernel “ir” is installed\./)).toBeTruthy();
  });

  it('previews the next fires of a schedule, and refuses a bad one inline', async () => {
    const { form } = show(
      {},
      {
        'GET /schedule': ({ query }: any) =>
          query.cron === 'bad'
            ? refusal('cron', 'Not a cron expression.')
            : {
                ...query,
                description: 'At 06:00 every day',
                next_fires: ['2026-11-22T05:00:00Z', '2026-11-23T05:00:00Z']
              }
      }
    );
    await userEvent.click(screen.getByRole('radio', { name: 'On a schedule' }));
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Cron expression' }),
      'bad'
    );
    await act(() => form.schedule.look());
    expect(screen.getByRole('alert').textContent).toContain(
      'Not a cron expression.'
    );
    await act(async () => {
      form.schedule.setCron('0 6 * * *');
      await form.schedule.look();
    });
    expect(screen.getByText('At 06:00 every day')).toBeTruthy();
    expect(screen.getAllByRole('listitem').length).toBe(2);
    expect(screen.queryByRole('alert')).toBeNull();
    form.dispose();
  });

  it('folds several values away, and says how many runs they make', async () => {
    const { form } = show();
    const values = screen.getByRole('textbox', {
      name: 'Values of C',
      hidden: true
    });
    expect(values.closest('details')?.open).toBe(false);
    await userEvent.type(values, '0.1, 1, 10');
    expect(screen.getByText('This makes 3 runs.')).toBeTruthy();
    expect(form.runCount).toBe(3);
    await userEvent.type(values, ', x');
    expect(screen.getByRole('alert').textContent).toContain('Type a number');
  });

  it('offers the channels that are set up beside JupyterLab', async () => {
    const form = new RunJobForm(new AnsweringServer().client, anInspection({}));
    render(
      <RunJobFormView form={form} modelNames={[]} channels={['team-mail']} />
    );
    await userEvent.click(
      screen.getByRole('checkbox', { name: 'team-mail', hidden: true })
    );
    expect(form.options.isToldBy('team-mail')).toBe(true);
  });

  it('says at its input what is wrong with an end, and unfolds it', async () => {
    const { form } = show(
      {},
      { 'GET /schedule': () => refusal('ends_at', 'It ends before it starts.') }
    );
    act(() => {
      form.when = 'schedule';
      form.schedule.setCron('0 6 * * *');
      form.schedule.setText('ends_at', '2020-01-01T00:00');
    });
    await act(() => form.schedule.look());
    const end = screen.getByLabelText('Not after');
    expect(end.getAttribute('aria-invalid')).toBe('true');
    expect(end.closest('details')?.open).toBe(true);
    expect(screen.getAllByRole('alert').length).toBe(1);
  });
});
