import { ServerConnection } from '@jupyterlab/services';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, refusal } from '../../__tests__/server';
import type { DefinitionChange, DefinitionChanges } from '../../api/types';
import { isJobsFile, JobsAsCode } from '../jobsAsCode';
import { JobsAsCodeView } from '../jobsAsCodeView';

const CREATED: DefinitionChange = {
  action: 'create',
  job: 'train',
  details: ['notebook: train.ipynb']
};

function changes(given: Partial<DefinitionChanges> = {}): DefinitionChanges {
  return { applied: false, changes: [CREATED], unchanged: [], ...given };
}

/** The files of a server, in memory. */
class Files {
  constructor(readonly texts: Record<string, string>) {}

  readonly saved: string[] = [];

  get = async (path: string): Promise<any> => {
    const content = this.texts[path];
    if (content === undefined) {
      throw new ServerConnection.ResponseError(
        new Response(null, { status: 404 })
      );
    }
    return { path, content };
  };

  save = async (path: string, { content }: any): Promise<any> => {
    this.texts[path] = content;
  };

  saveIfChanged = async (path: string) => {
    this.saved.push(path);
  };
}

function show(answers: Record<string, unknown>, texts = { 'jobs.yaml': 'J' }) {
  const server = new AnsweringServer(answers);
  const files = new Files({ ...texts });
  const model = new JobsAsCode(server.client, files);
  render(
    <JobsAsCodeView
      model={model}
      client={server.client}
      offered={['deploy/jobs.yaml']}
    />
  );
  return { server, files };
}

async function press(server: AnsweringServer, name: string | RegExp) {
  await userEvent.click(screen.getByRole('button', { name }));
  await act(() => server.settled());
}

const PLAN = 'Show what would change';
const WRITE = 'Write all jobs to this file';

describe('JobsAsCodeView', () => {
  it('applies only what was shown, by the text that it was planned from', async () => {
    const { server, files } = show({
      'POST /definitions/plan': changes({ unchanged: ['prepare'] }),
      'POST /definitions/apply': changes({ applied: true })
    });
    expect(screen.queryByText(/^Apply/)).toBeNull();
    await press(server, PLAN);
    expect(screen.getByRole('status').textContent).toBe('1 to create');
    expect(screen.getByText('notebook: train.ipynb')).toBeTruthy();
    expect(screen.getByText('Unchanged: prepare')).toBeTruthy();
    files.texts['jobs.yaml'] = 'changed meanwhile';
    await press(server, 'Apply 1 change');
    expect(screen.getByRole('status').textContent).toBe('1 created');
    expect(screen.queryByText(/^Apply/)).toBeNull();
    const order = { file: 'jobs.yaml', adopt: false, text: 'J' };
    expect(server.seen.map(({ body }) => body)).toEqual([order, order]);
    expect(files.saved).toEqual(['jobs.yaml']);
  });

  it('takes the offer back when something else is chosen', async () => {
    const { server } = show({ 'POST /definitions/plan': changes() });
    await press(server, PLAN);
    expect(screen.getByText('Apply 1 change')).toBeTruthy();
    await userEvent.click(screen.getByLabelText('Take over'));
    expect(screen.queryByText(/^Apply/)).toBeNull();
    await press(server, PLAN);
    expect(server.seen[1].body.adopt).toBe(true);
  });

  it('forgets the answer to a question that was taken back', async () => {
    let answer: (told: DefinitionChanges) => void = () => undefined;
    const { server } = show({
      'POST /definitions/plan': () =>
        new Promise(resolve => {
          answer = resolve;
        })
    });
    await userEvent.click(screen.getByRole('button', { name: PLAN }));
    await userEvent.type(screen.getByLabelText('File'), 'x');
    answer(changes());
    await act(() => server.settled());
    expect(screen.queryByText('1 to create')).toBeNull();
    expect(screen.getByRole('button', { name: PLAN })).toHaveProperty(
      'disabled',
      false
    );
  });

  it('offers nothing where there is nothing to do', async () => {
    const { server } = show({
      'POST /definitions/plan': changes({ changes: [], unchanged: ['train'] })
    });
    await press(server, PLAN);
    expect(screen.getByRole('status').textContent).toContain('Nothing to do');
    expect(screen.queryByText(/^Apply/)).toBeNull();
  });

  it('lists all that is wrong with the file, and says at its input what is wrong with the path', async () => {
    const lines = 'jobs.yaml, line 3: No.\njobs.yaml, line 8: Neither.';
    const { server } = show({
      'POST /definitions/plan': () => refusal('jobs.a', lines)
    });
    await press(server, PLAN);
    const alert = screen.getByRole('alert');
    expect(
      [...alert.querySelectorAll('li')].map(line => line.textContent)
    ).toEqual(lines.split('\n'));
    server.answer('POST /definitions/plan', () =>
      refusal('file', 'It cannot be read.', 404)
    );
    await userEvent.clear(screen.getByLabelText('File'));
    await userEvent.type(screen.getByLabelText('File'), 'none.yaml');
    await press(server, PLAN);
    expect(server.seen[1].body).toEqual({ file: 'none.yaml', adopt: false });
    expect(screen.getByRole('alert').textContent).toContain('cannot be read');
    const input = screen.getByLabelText('File');
    expect(input.getAttribute('aria-invalid')).toBe('true');
  });

  it('writes over a file only when told so', async () => {
    const { server, files } = show({
      'GET /definitions': { definitions: { jobs: { train: {} } }, text: 'new' }
    });
    await press(server, WRITE);
    expect(files.texts['jobs.yaml']).toBe('J');
    expect(screen.getByText('“jobs.yaml” is there already.')).toBeTruthy();
    await press(server, 'Replace it');
    expect(files.texts['jobs.yaml']).toBe('new');
    expect(screen.getByText('1 job is written to “jobs.yaml”.')).toBeTruthy();
  });

  it('writes a file that is not there at once', async () => {
    const { server, files } = show(
      { 'GET /definitions': { definitions: { jobs: {} }, text: 'none' } },
      {} as any
    );
    await press(server, WRITE);
    expect(files.texts['jobs.yaml']).toBe('none');
  });

  it('shows the token of a trigger that was made, with its address, whatever is asked next', async () => {
    const tokens = [{ trigger_id: 't1', token: 'mlops_secret' }];
    const { server } = show({
      'POST /definitions/plan': changes(),
      'POST /definitions/apply': changes({
        applied: true,
        changes: [{ ...CREATED, tokens }]
      })
    });
    await press(server, PLAN);
    await press(server, /^Apply/);
    await press(server, PLAN);
    expect(screen.getByText('mlops_secret')).toBeTruthy();
    expect(
      screen.getByText('http://localhost:1/user/ann/jupyter-mlops/api/hooks/t1')
    ).toBeTruthy();
  });
});

describe('isJobsFile', () => {
  it.each(['jobs.yaml', 'jobs.yml', 'nightly.jobs.yaml'])('takes %s', name => {
    expect(isJobsFile(name)).toBe(true);
  });

  it.each(['myjobs.yaml', 'jobs.yaml.bak', 'config.yaml'])(
    'leaves %s',
    name => {
      expect(isJobsFile(name)).toBe(false);
    }
  );
});
