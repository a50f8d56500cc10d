import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { AnsweringServer, page, refusal } from '../../__tests__/server';
import { aJob, anInspection, aParameter } from '../../__tests__/things';
import type { Job, RegistrationPlan } from '../../api/types';
import { EditJobForm } from '../editForm';
import { EditJobFormView } from '../editView';

const C = aParameter({ name: 'C', type: 'float', default: 1 });
const FAST = aParameter({
  name: 'fast',
  type: 'bool',
  default: null,
  expression: 'is_ci()'
});
const SEED = aParameter({ name: 'seed', type: 'int', default: 7 });

/** As the server tells a job's policies: with all defaults written out. */
const POLICIES = {
  max_attempts: 3,
  retry_delay_s: 90,
  retry_backoff: 4,
  retry_max_delay_s: 3600,
  cell_timeout_s: null,
  overlap: 'queue' as const,
  max_parallel: 1,
  priority: 0,
  executor: 'local',
  preflight: 'warn' as const,
  keep_kernel_s: 0,
  notify: { failed: ['team-mail'], started: ['jupyterlab'] }
};

const METRIC = {
  kind: 'metric',
  summary: 'A metric must lie within bounds.',
  before: 'register',
  steps: ['register', 'promote'],
  options: {
    type: 'object',
    required: ['metric'],
    properties: { metric: { type: 'string' }, min: { type: 'number' } }
  }
};

/** A plan as the server stores it, with a gate of a package that is not installed here. */
const PLAN: RegistrationPlan = {
  alias: 'champion',
  previous: null,
  gates: [
    { kind: 'metric', before: 'promote', metric: 'accuracy', min: 0.9 },
    { kind: 'fairness', before: 'register', slices: ['age'] }
  ]
};
const PLANNED = { registration: PLAN } as Partial<Job>;

const GIVEN: Partial<Job> = {
  name: 'nightly',
  parameters: { C: 0.5, fast: true, seed: 7 },
  register_model: 'cancer',
  environment: { TEXT: 'one\ntwo', DB: 'secret://DB' },
  policies: POLICIES,
  presets: { quick: { C: 9 } }
};

function edit(given: Partial<Job> = {}, answer: unknown = aJob()) {
  const server = new AnsweringServer({
    'PATCH /jobs/j1': answer,
    'GET /gates': page([METRIC])
  });
  const inspection = anInspection({ parameters: [C, FAST, SEED] });
  const job = aJob({ ...GIVEN, ...given });
  const form = new EditJobForm(server.client, inspection, job);
  const sent = () => server.calls('PATCH /jobs/j1').map(({ body }) => body);
  return { form, server, sent };
}

async function show({ form, server }: ReturnType<typeof edit>) {
  render(<EditJobFormView form={form} modelNames={[]} channels={[]} />);
  await act(() => server.settled());
}

describe('EditJobForm', () => {
  it('is filled with what the job has', async () => {
    await show(edit());
    const valueOf = (role: string, name: string | RegExp) =>
      screen.getByRole<HTMLInputElement>(role, { name, hidden: true }).value;
    expect(valueOf('textbox', 'Job name')).toBe('nightly');
    expect(valueOf('textbox', /^C/)).toBe('0.5');
    expect(valueOf('combobox', /^fast/)).toBe('0');
    expect(valueOf('combobox', 'Register model as')).toBe('cancer');
    expect(valueOf('textbox', 'Attempts')).toBe('3');
    expect(valueOf('textbox', 'Wait before the next')).toBe('90s');
    expect(valueOf('combobox', 'While one is running')).toBe('queue');
    expect(valueOf('textbox', 'Environment')).toContain('DB=secret://DB');
    expect(screen.queryByRole('radio')).toBeNull();
    expect(screen.getByText(/Runs so far and those queued stay/)).toBeTruthy();
  });

  it('sends nothing where nothing was changed', async () => {
    const { form, server } = edit();
    expect(form.isValid).toBe(true);
    expect(await form.submit()).toBe(form.job);
    expect(server.seen).toEqual([]);
  });

  it('sends only what was changed, and a parameter left at its default stays given', async () => {
    const { form, sent } = edit();
    form.setText(C, '0.25');
    await form.submit();
    form.setText(C, '0.5');
    form.name = ' weekly ';
    form.kernel = 'python3';
    form.registerModel = '';
    await form.submit();
    expect(sent()).toEqual([
      { parameters: { C: 0.25, fast: true, seed: 7 } },
      { name: 'weekly', kernel: 'python3', register_model: null }
    ]);
  });

  it('keeps the policies that cannot be typed here beside the one that was', async () => {
    const { form, sent } = edit();
    form.options.setText('timeout_s', '15m');
    await form.submit();
    expect(sent()).toEqual([
      {
        policies: {
          max_attempts: 3,
          retry_delay_s: 90,
          retry_backoff: 4,
          retry_max_delay_s: 3600,
          timeout_s: 900,
          overlap: 'queue',
          executor: 'local',
          notify: POLICIES.notify
        }
      }
    ]);
  });

  it('sends all variables anew when one is changed', async () => {
    const { form, sent } = edit({ environment: { A: '1', B: '2' } });
    form.environment = 'A=1';
    await form.submit();
    expect(sent()).toEqual([{ environment: { A: '1' } }]);
  });

  it('adds a preset to those that the job has', async () => {
    const { form, sent } = edit({ parameters: {} });
    form.presetName = 'now';
    await form.submit();
    expect(sent()).toEqual([{ presets: { quick: { C: 9 }, now: {} } }]);
  });

  it('drops presets, and keeps the others', async () => {
    const edited = edit({ presets: { quick: { C: 9 }, full: { C: 0.1 } } });
    await show(edited);
    await userEvent.click(
      screen.getByRole('button', { name: 'Remove the preset: quick' })
    );
    expect(screen.queryByText('quick')).toBeNull();
    expect(screen.getAllByText('full').length).toBeGreaterThan(0);
    await act(() => edited.form.submit());
    expect(edited.sent()).toEqual([{ presets: { full: { C: 0.1 } } }]);
  });

  it('shows how the model is registered, and leaves it where nothing is typed', async () => {
    const edited = edit(PLANNED);
    await show(edited);
    const gate = within(screen.getByRole('group', { name: /Gate: metric/i }));
    expect(gate.getByDisplayValue('accuracy')).toBeTruthy();
    expect(gate.getByDisplayValue('0.9')).toBeTruthy();
    expect(screen.getByDisplayValue('champion')).toBeTruthy();
    expect(await act(() => edited.form.submit())).toBe(edited.form.job);
    expect(edited.sent()).toEqual([]);
  });

  it('sends the whole plan when a part of it is typed over, what has no input here as it was', async () => {
    const edited = edit(PLANNED);
    await show(edited);
    const [least] = screen.getAllByDisplayValue('0.9');
    await userEvent.clear(least);
    await userEvent.type(least, '0.95');
    const alias = screen.getByDisplayValue('champion');
    await userEvent.clear(alias);
    await userEvent.type(alias, 'staging');
    await act(() => edited.form.submit());
    expect(edited.sent()).toEqual([
      {
        registration: {
          alias: 'staging',
          previous: null,
          gates: [
            {
              kind: 'metric',
              before: 'promote',
              metric: 'accuracy',
              min: 0.95
            },
            { kind: 'fairness', before: 'register', slices: ['age'] }
          ]
        }
      }
    ]);
  });

  it('takes gates away', async () => {
    const edited = edit(PLANNED);
    await show(edited);
    const removes = screen.getAllByRole('button', { name: /Remove the gate/ });
    expect(removes).toHaveLength(2);
    await userEvent.click(removes[1]);
    await userEvent.click(removes[0]);
    await act(() => edited.form.submit());
    expect(edited.sent()).toEqual([
      { registration: { alias: 'champion', previous: null } }
    ]);
  });

  it('keeps the gates while their kinds are not known', async () => {
    const { form, sent } = edit(PLANNED);
    form.plan.setText('alias', '');
    await form.submit();
    expect(sent()).toEqual([
      { registration: { previous: null, gates: PLAN.gates } }
    ]);
  });

  it('says which parameters the notebook has no more, and takes them away', async () => {
    const edited = edit({ parameters: { C: 0.5, old: 1 } });
    const { form, sent } = edited;
    await show(edited);
    expect(screen.getByText(/no parameter old any more/)).toBeTruthy();
    await act(() => form.submit());
    expect(sent()).toEqual([{ parameters: { C: 0.5 } }]);
  });

  it('shows a refusal at its input, with all that was typed', async () => {
    const answer = () => refusal('name', 'There is another job named this.');
    const edited = edit({}, answer);
    await show(edited);
    const name = screen.getByRole<HTMLInputElement>('textbox', {
      name: 'Job name'
    });
    await userEvent.clear(name);
    await userEvent.type(name, 'other');
    await act(() => edited.form.submit());
    expect(name.getAttribute('aria-invalid')).toBe('true');
    const note = document.getElementById(
      name.getAttribute('aria-describedby')!
    );
    expect(note?.textContent).toContain('There is another job named this.');
    expect(name.value).toBe('other');
  });
});
