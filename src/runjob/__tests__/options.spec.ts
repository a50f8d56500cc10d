import { parseDuration } from '../duration';
import { OptionsDraft } from '../options';

test.each([
  ['90', 90],
  ['90s', 90],
  ['15m', 900],
  ['15 min', 900],
  ['1h 30m', 5_400],
  ['1.5 hours', 5_400],
  ['2d', 172_800],
  ['', null],
  ['soon', null],
  ['5 parsecs', null],
  ['-5m', null]
])('“%s” is %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

describe('OptionsDraft', () => {
  it('sends nothing of what was left alone', () => {
    expect(new OptionsDraft().policies).toEqual({});
  });

  it('sends what was typed by the server’s names, times in seconds', () => {
    const options = new OptionsDraft();
    options.setText('max_attempts', '3');
    options.setText('retry_delay_s', '1m');
    options.setText('timeout_s', '2h');
    options.setText('overlap', 'allow');
    options.setText('max_parallel', '4');
    options.setText('priority', '-5');
    options.setText('keep_kernel_s', '30m');
    options.setText('output_url', ' s3://bucket/prefix ');
    expect(options.policies).toEqual({
      max_attempts: 3,
      retry_delay_s: 60,
      timeout_s: 7_200,
      overlap: 'allow',
      max_parallel: 4,
      priority: -5,
      keep_kernel_s: 1_800,
      output_url: 's3://bucket/prefix'
    });
  });

  it('sends no limit of parallel runs where runs are never beside each other', () => {
    const options = new OptionsDraft();
    options.setText('overlap', 'allow');
    options.setText('max_parallel', '4');
    options.setText('overlap', 'queue');
    expect(options.policies).toEqual({ overlap: 'queue' });
  });

  it('sends whom to tell only where it differs from what holds anyway', () => {
    const options = new OptionsDraft();
    options.setTold('succeeded', true);
    expect(options.policies).toEqual({ notify: { succeeded: ['jupyterlab'] } });
    options.setTold('succeeded', false);
    options.setTold('failed', false);
    expect(options.policies).toEqual({ notify: { failed: [] } });
  });

  it.each([
    ['max_attempts', 'twice', 'not-whole'],
    ['max_attempts', '21', 'out-of-range'],
    ['timeout_s', 'a while', 'not-a-duration'],
    ['timeout_s', '32d', 'out-of-range'],
    ['timeout_s', '', null],
    ['output_url', 'bucket/prefix', 'not-an-address'],
    ['output_url', 's3://', 'not-an-address'],
    ['output_url', 'file:///mnt/share', null]
  ] as const)('says what is wrong with %s of “%s”', (name, text, problem) => {
    const options = new OptionsDraft();
    options.setText(name, text);
    expect(options.problemOf(name)).toBe(problem);
    expect(options.isValid).toBe(problem === null);
  });

  it('tells what is told by the chosen channels', () => {
    const draft = new OptionsDraft();
    draft.setToldBy('team-mail', true);
    expect(draft.policies.notify).toEqual({
      failed: ['jupyterlab', 'team-mail']
    });
    draft.setTold('succeeded', true);
    draft.setToldBy('jupyterlab', false);
    expect(draft.policies.notify).toEqual({
      failed: ['team-mail'],
      succeeded: ['team-mail']
    });
    draft.setToldBy('team-mail', false);
    expect(draft.policies.notify).toEqual({ failed: [] });
  });
});
