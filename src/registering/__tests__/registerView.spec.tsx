import { act, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { AnsweringServer, refusal } from '../../__tests__/server';
import { aGateResult, aRegistration, aRun } from '../../__tests__/things';
import type { Registration } from '../../api/types';
import { CHANGE_SCHEMA, ChangeFeed } from '../../live/changeFeed';
import { RegisterForm } from '../registerForm';
import { RegisterView } from '../registerView';
import { stepsOf } from '../steps';

const METRIC = {
  kind: 'metric',
  summary: 'A metric that the notebook logged must lie within bounds.',
  before: 'register',
  steps: ['register', 'promote'],
  options: {
    type: 'object',
    required: ['metric'],
    properties: {
      metric: { type: 'string', description: 'the name of the metric' },
      min: { type: 'number', description: 'the least that passes' }
    }
  }
};
const APPROVAL = {
  kind: 'approval',
  summary: 'A person must approve.',
  before: 'promote',
  steps: ['promote'],
  options: { type: 'object', properties: {} }
};

async function show() {
  const server = new AnsweringServer({
    'GET /gates': { items: [METRIC, APPROVAL] },
    'POST /registrations': aRegistration({ state: 'queued', gates: [] }),
    'GET /registrations/g1': aRegistration({ state: 'checking', gates: [] })
  });
  const stream = new Signal<object, any>({});
  const feed = new ChangeFeed(stream, 0);
  const form = new RegisterForm(server.client, feed, aRun({ id: 'r4' }));
  render(<RegisterView form={form} modelNames={['cancer']} />);
  await act(() => server.settled());
  const submit = () =>
    act(async () => {
      await form.submit();
      await server.settled();
    });
  const told = () =>
    act(async () => {
      const batched = new Promise(resolve => feed.batched.connect(resolve));
      const change = { seq: 1, kind: 'model', id: 'cancer' };
      stream.emit({ schema_id: CHANGE_SCHEMA, ...change });
      await batched;
      await server.settled();
    });
  const addGate = async (kind: string) => {
    // jsdom has no ranges, by which user-event would choose.
    fireEvent.change(screen.getByRole('combobox', { name: 'Kind of gate' }), {
      target: { value: kind.toLowerCase() }
    });
    await userEvent.click(screen.getByRole('button', { name: 'Add gate' }));
    return screen.getByRole('group', { name: `Gate: ${kind}` });
  };
  return { server, form, submit, told, addGate };
}

/** Put a whole text into an input: key by key takes long on a busy machine. */
function fill(input: HTMLElement, value: string): void {
  fireEvent.change(input, { target: { value } });
}

describe('RegisterView', () => {
  it('sends the model, its alias and its gates as they are typed', async () => {
    const { server, form, submit, addGate } = await show();
    fill(screen.getByRole('combobox', { name: 'Registered model' }), 'cancer');
    const gate = await addGate('Metric');
    const [metric, min] = within(gate).getAllByRole('textbox');
    fill(metric, 'accuracy');
    fill(min, '0.9');
    await addGate('Approval');
    await submit();
    expect(server.calls('POST /registrations')[0].body).toEqual({
      model: 'cancer',
      run_id: 'r4',
      registration: {
        alias: 'champion',
        gates: [
          { kind: 'metric', before: 'register', metric: 'accuracy', min: 0.9 },
          { kind: 'approval', before: 'promote' }
        ]
      }
    });
    form.dispose();
  });

  it('says what is missing only once it was sent so', async () => {
    const { server, form, submit, addGate } = await show();
    await addGate('Metric');
    expect(screen.queryByText('The gate needs it.')).toBeNull();
    await submit();
    expect(screen.getByText('The gate needs it.')).toBeTruthy();
    expect(screen.getByText(/^Name the registered model/)).toBeTruthy();
    expect(server.calls('POST /registrations')).toEqual([]);
    form.dispose();
  });

  it('shows a refusal at the gate’s own input', async () => {
    const { server, form, submit, addGate } = await show();
    form.model = 'cancer';
    const gate = await addGate('Metric');
    fill(within(gate).getAllByRole('textbox')[0], 'accuracy');
    server.answer('POST /registrations', () =>
      refusal('registration.gates[0].min', 'The gate has no bound.')
    );
    await submit();
    const min = within(gate).getAllByRole('textbox')[1];
    expect(min.getAttribute('aria-invalid')).toBe('true');
    expect(form.generalProblem).toBeNull();
    fill(min, '0.9');
    expect(min.getAttribute('aria-invalid')).toBe('false');
    form.dispose();
  });

  it('offers to have a gate judged only where it can be', async () => {
    const { form, addGate } = await show();
    const offered = async (kind: string) =>
      within(await addGate(kind))
        .getAllByRole<HTMLOptionElement>('option')
        .map(({ value }) => value);
    expect(await offered('Metric')).toEqual(['register', 'promote']);
    expect(await offered('Approval')).toEqual(['promote']);
    form.dispose();
  });

  it('takes a gate away again', async () => {
    const { form, addGate } = await show();
    await addGate('Metric');
    await userEvent.click(
      screen.getByRole('button', { name: 'Remove the gate: Metric' })
    );
    expect(form.plan.plan).toEqual({ alias: 'champion' });
    form.dispose();
  });

  it('follows the registration, says what would pass, and goes back with all that was typed', async () => {
    const { server, form, submit, told } = await show();
    form.model = 'cancer';
    await submit();
    expect(screen.getByRole('list', { name: 'Steps' })).toBeTruthy();
    server.answer(
      'GET /registrations/g1',
      aRegistration({
        state: 'refused',
        version: null,
        ended_at: '2026-11-21T08:00:01Z',
        gates: [
          aGateResult({
            verdict: 'refused',
            message: 'accuracy is 0.678.',
            would_pass: 'accuracy of at least 0.9.'
          })
        ]
      })
    );
    await told();
    expect(screen.getByText('refused by a gate')).toBeTruthy();
    expect(screen.getByText(/accuracy of at least 0.9/)).toBeTruthy();
    act(() => form.reopen());
    expect(screen.getByDisplayValue('cancer')).toBeTruthy();
    form.dispose();
  });

  it('says what takes long while it lasts', async () => {
    const { server, form, submit, told } = await show();
    form.model = 'cancer';
    await submit();
    const message = 'Making an environment of the model’s 5 requirements…';
    server.answer(
      'GET /registrations/g1',
      aRegistration({ state: 'checking', gates: [], message })
    );
    await told();
    expect(screen.getByText(message)).toBeTruthy();
    form.dispose();
  });
});

describe('stepsOf', () => {
  const gates = [
    { kind: 'metric', before: 'register' as const },
    { kind: 'approval', before: 'promote' as const }
  ];
  const at = (state: Registration['state'], version: string | null = '2') => {
    const plan = { ...aRegistration().plan, gates };
    return stepsOf(aRegistration({ state, version, plan })).map(
      step => step.state
    );
  };

  it.each([
    ['checking', ['now', 'ahead', 'ahead', 'ahead']],
    ['awaiting_approval', ['done', 'done', 'now', 'ahead']],
    ['promoted', ['done', 'done', 'done', 'done']],
    ['rejected', ['done', 'done', 'refused', 'ahead']],
    ['queued', ['ahead', 'ahead', 'ahead', 'ahead']]
  ] as const)('tells where one stands that is %s', (state, steps) => {
    expect(at(state)).toEqual(steps);
  });

  it('leaves out what is not planned', () => {
    const plan = { candidate: null, previous: null };
    const steps = stepsOf(aRegistration({ state: 'registered', plan }));
    expect(steps).toEqual([{ name: 'registering', state: 'done' }]);
  });
});
