import { AnsweringServer, refusal } from '../../__tests__/server';
import { aJob, anInspection, aParameter, aRun } from '../../__tests__/things';
import { RunJobForm } from '../form';

const C = aParameter({ name: 'C', type: 'float', default: 1 });
const SEED = aParameter({ name: 'seed', type: 'int', default: 7 });
const WHEN = aParameter({
  name: 'day',
  type: 'str',
  default: null,
  expression: 'date.today()'
});

function aForm(server = new AnsweringServer({ 'POST /runs': aRun() })) {
  const inspection = anInspection({ parameters: [C, SEED, WHEN] });
  return { server, form: new RunJobForm(server.client, inspection) };
}

const TRIGGER = { id: 't1', kind: 'http', hook: '/h/t1' };

describe('RunJobForm', () => {
  it('sends only the parameters that differ from their defaults', async () => {
    const { server, form } = aForm();
    form.setText(C, '0.5');
    form.setText(SEED, '8');
    form.setText(SEED, '7');
    await form.submit();
    expect(server.calls('POST /runs')[0].body).toEqual({
      notebook: 'train.ipynb',
      name: null,
      parameters: { C: 0.5 },
      kernel: null,
      register_model: null
    });
  });

  it('sends an expression only when a value was typed over it', async () => {
    const { form } = aForm();
    expect(form.request.parameters).toEqual({});
    form.setText(WHEN, '2026-01-01');
    expect(form.request.parameters).toEqual({ day: '2026-01-01' });
  });

  it('makes a job with its schedule when it is to run on one', async () => {
    const { server, form } = aForm(
      new AnsweringServer({
        'POST /jobs': aJob(),
        'GET /schedule': { next_fires: [] }
      })
    );
    form.when = 'schedule';
    form.name = ' nightly ';
    form.registerModel = 'cancer';
    form.schedule.setCron('0 6 * * *');
    form.schedule.setTimezone('Europe/Berlin');
    const submitted = await form.submit();
    expect(submitted?.kind).toBe('job');
    expect(server.calls('POST /jobs')[0].body).toMatchObject({
      name: 'nightly',
      register_model: 'cancer',
      schedule: { cron: '0 6 * * *', timezone: 'Europe/Berlin' }
    });
    form.dispose();
  });

  it.each([
    'name',
    'kernel',
    'register_model',
    'cron',
    'timezone',
    'notebook'
  ] as const)('puts a refusal of %s at that input', async field => {
    const { form } = aForm(
      new AnsweringServer({ 'POST /runs': () => refusal(field, 'No.') })
    );
    expect(await form.submit()).toBeNull();
    expect(form.problemOf(field)?.message).toBe('No.');
    expect(form.generalProblem).toBeNull();
  });

  it('puts a refusal of a parameter at it, keeps what was typed, and clears when typed again', async () => {
    const { form } = aForm(
      new AnsweringServer({
        'POST /runs': () => refusal('parameters.C', 'C must be above 0.')
      })
    );
    form.setText(C, '-1');
    form.name = 'try';
    await form.submit();
    expect(form.problemOfParameter(C)?.message).toBe('C must be above 0.');
    expect([form.textOf(C), form.name]).toEqual(['-1', 'try']);
    form.setText(C, '1.5');
    expect(form.problemOfParameter(C)).toBeNull();
  });

  it.each([
    ['schedule.cron', 'cron'],
    ['schedule', 'cron'],
    ['schedule.timezone', 'timezone']
  ] as const)('takes a refusal of %s to the input %s', async (field, input) => {
    const { form } = aForm(
      new AnsweringServer({ 'POST /runs': () => refusal(field) })
    );
    await form.submit();
    expect(form.problemOf(input)).not.toBeNull();
  });

  it('shows a refusal of anything else above the form', async () => {
    const { form } = aForm(
      new AnsweringServer({ 'POST /runs': () => refusal('parameters.gone') })
    );
    await form.submit();
    expect(form.generalProblem?.message).toBe('Refused.');
  });

  it('does not ask the server about what cannot be a value', async () => {
    const { server, form } = aForm();
    form.setText(SEED, '7.5');
    expect(await form.submit()).toBeNull();
    expect(form.invalidReason(SEED)).toBe('not-an-integer');
    expect(server.seen).toEqual([]);
  });

  it('runs once for each combination, the values in place of the parameter’s own', async () => {
    const { server, form } = aForm();
    server.answer('POST /runs/matrix', {
      items: [aRun({ id: 'a' }), aRun({ id: 'b' })],
      next_cursor: null
    });
    form.setText(C, '5');
    form.setText(SEED, '8');
    form.matrix.setText(C, '0.1, 1');
    expect(form.runCount).toBe(2);
    const submitted = await form.submit();
    expect(submitted?.kind).toBe('runs');
    expect(server.calls('POST /runs/matrix')[0].body).toMatchObject({
      request: { parameters: { seed: 8 } },
      matrix: { C: [0.1, 1] }
    });
    expect(server.calls('POST /runs')).toEqual([]);
  });

  it('leaves several values alone when it does not run now', () => {
    const { form } = aForm();
    form.matrix.setText(C, 'half');
    expect(form.isValid).toBe(false);
    form.when = 'schedule';
    expect([form.isValid, form.runCount]).toEqual([true, 0]);
  });

  it('says at the values why the server refuses them', async () => {
    const { server, form } = aForm();
    server.answer('POST /runs/matrix', () => refusal('matrix.C', 'No list.'));
    form.matrix.setText(C, '1');
    expect(await form.submit()).toBeNull();
    expect(form.matrixProblem?.message).toBe('No list.');
    form.matrix.setText(C, '1, 2');
    expect(form.matrixProblem).toBeNull();
  });

  const PRESETS = { fast: { C: 0.5 }, dated: { day: '2026-01-01' } };

  it('fills in a preset of the job of its name, and the defaults beside it', () => {
    const { server } = aForm();
    const form = new RunJobForm(
      server.client,
      anInspection({ parameters: [C, SEED, WHEN] }),
      [aJob({ name: 'train', presets: PRESETS })]
    );
    form.setText(SEED, '9');
    form.applyPreset('dated');
    expect(form.request.parameters).toEqual({ day: '2026-01-01' });
    form.applyPreset('fast');
    expect(form.request.parameters).toEqual({ C: 0.5 });
    form.name = 'another';
    expect(form.presets).toEqual({});
    form.dispose();
  });

  it('keeps the parameters under a name beside the presets that are there', async () => {
    const { server, form } = aForm();
    server.answer('GET /jobs/j1', aJob({ id: 'j1', presets: PRESETS }));
    server.answer('PATCH /jobs/j1', aJob());
    form.setText(C, '2');
    form.presetName = ' slow ';
    const submitted = await form.submit();
    expect(submitted?.unsaved).toBeNull();
    expect(server.calls('PATCH /jobs/j1')[0].body).toEqual({
      presets: { ...PRESETS, slow: { C: 2 } }
    });
  });

  it('has run all the same when the preset could not be kept, and says so', async () => {
    const { server, form } = aForm();
    server.answer('GET /jobs/j1', () => refusal('presets', 'Too many.'));
    form.presetName = 'slow';
    const submitted = await form.submit();
    expect(submitted?.kind).toBe('run');
    expect(submitted?.unsaved?.message).toBe('Too many.');
  });

  it('makes a trigger of its own of a cron expression with an end', async () => {
    const { server, form } = aForm(
      new AnsweringServer({
        'POST /jobs': { ...aJob(), triggers: [{ ...TRIGGER, kind: 'cron' }] },
        'GET /schedule': { next_fires: [] }
      })
    );
    form.when = 'schedule';
    form.schedule.setCron('0 6 * * *');
    form.schedule.setTimezone('Europe/Berlin');
    form.schedule.setText('ends_at', '2030-01-01T00:00');
    form.schedule.setText('missed', 'skip');
    form.schedule.setText('jitter_s', '5m');
    await form.submit();
    const { schedule, trigger } = server.calls('POST /jobs')[0].body;
    expect(schedule).toBeUndefined();
    expect(trigger).toEqual({
      kind: 'cron',
      spec: { cron: '0 6 * * *', timezone: 'Europe/Berlin' },
      ends_at: new Date('2030-01-01T00:00').toISOString(),
      missed: 'skip',
      jitter_s: 300
    });
    form.dispose();
  });

  it('submits once, however often it is asked while it waits', async () => {
    const { server, form } = aForm();
    await Promise.all([form.submit(), form.submit(), form.submit()]);
    expect(server.calls('POST /runs').length).toBe(1);
  });

  it('chooses the offered kernel where the notebook’s own cannot be used', () => {
    const { server } = aForm();
    const form = new RunJobForm(
      server.client,
      anInspection({
        kernel: null,
        kernel_problem: 'The notebook names no kernel.',
        default_kernel: 'python3'
      })
    );
    expect(form.request.kernel).toBe('python3');
  });

  const WILL_FAIL = {
    code: 'import',
    message: 'The module torch is not installed.',
    certain: true,
    subject: 'torch',
    cell_index: 1,
    cell_id: null,
    hint: null
  };

  it('shows what a run would fail by, and runs it anyway when asked again', async () => {
    const { server, form } = aForm(
      new AnsweringServer({
        'POST /runs': aRun(),
        'POST /preflight': { findings: [WILL_FAIL] }
      })
    );
    expect(await form.submit()).toBeNull();
    expect(form.findings).toEqual([WILL_FAIL]);
    expect(form.isSentAnyway).toBe(true);
    expect(server.calls('POST /runs')).toEqual([]);
    expect((await form.submit())?.kind).toBe('run');
  });

  it('looks again when something was typed since', async () => {
    const { server, form } = aForm(
      new AnsweringServer({ 'POST /preflight': { findings: [WILL_FAIL] } })
    );
    await form.submit();
    form.setText(C, '2');
    expect(form.findings).toEqual([]);
    await form.submit();
    expect(server.calls('POST /preflight').length).toBe(2);
    expect(server.calls('POST /runs')).toEqual([]);
  });

  it('never runs what is sure to fail where that is refused', async () => {
    const { server, form } = aForm(
      new AnsweringServer({ 'POST /preflight': { findings: [WILL_FAIL] } })
    );
    form.options.setText('preflight', 'refuse');
    await form.submit();
    await form.submit();
    expect(form.isSentAnyway).toBe(false);
    expect(server.calls('POST /runs')).toEqual([]);
  });

  it('does not look beforehand where it is told not to', async () => {
    const { server, form } = aForm();
    form.options.setText('preflight', 'off');
    await form.submit();
    expect(server.calls('POST /preflight')).toEqual([]);
    expect(server.calls('POST /runs')[0].body.policies).toEqual({
      preflight: 'off'
    });
  });

  it('makes a job with a trigger of another kind, and keeps its token to be shown', async () => {
    const { server, form } = aForm(
      new AnsweringServer({
        'POST /jobs': {
          ...aJob(),
          triggers: [{ ...TRIGGER, id: 't0' }, TRIGGER],
          token: 'secret'
        }
      })
    );
    form.when = 'event';
    form.schedule.kind = 'http';
    expect(await form.submit()).toMatchObject({
      trigger: { id: 't1', token: 'secret' }
    });
    expect(server.calls('POST /jobs')[0].body.trigger).toEqual({
      kind: 'http',
      spec: {}
    });
    form.dispose();
  });

  it('shows at its input what the server refuses of a trigger, the job with it', async () => {
    const { server, form } = aForm(
      new AnsweringServer({ 'POST /jobs': () => refusal('path') })
    );
    form.when = 'event';
    form.schedule.setText('path', '../secret');
    expect(await form.submit()).toBeNull();
    expect(form.problemOf('path')?.message).toBe('Refused.');
    expect(server.calls('POST /jobs').length).toBe(1);
    form.dispose();
  });
});
