import { AnsweringServer, refusal } from '../../__tests__/server';
import { knownTimezones, ownTimezone, ScheduleDraft } from '../schedule';

const FIRES = ['2026-11-23T05:00:00Z'];

function answerSchedule({ query }: { query: Record<string, string> }) {
  return query.cron === 'bad'
    ? refusal('cron', 'Not a cron expression.')
    : { ...query, description: 'At 06:00', next_fires: FIRES };
}

function aDraft() {
  const server = new AnsweringServer({ 'GET /schedule': answerSchedule });
  return { server, draft: new ScheduleDraft(server.client, 'Europe/Berlin') };
}

describe('ScheduleDraft', () => {
  it('looks ahead once after typing pauses', async () => {
    const { server, draft } = aDraft();
    const seen = new Promise<void>(resolve =>
      draft.changed.connect(() => draft.preview && resolve())
    );
    for (const cron of ['0', '0 6', '0 6 * * *']) {
      draft.setCron(cron);
    }
    await seen;
    expect(server.seen.map(({ query }) => query)).toEqual([
      { cron: '0 6 * * *', timezone: 'Europe/Berlin' }
    ]);
    expect(draft.preview?.next_fires).toEqual(FIRES);
    draft.dispose();
  });

  it('says what is wrong with the expression', async () => {
    const { draft } = aDraft();
    draft.setCron('bad');
    await draft.look();
    expect(draft.problem?.message).toBe('Not a cron expression.');
    expect(draft.preview).toBeNull();
    draft.dispose();
  });

  it('asks nothing about an empty expression', async () => {
    const { server, draft } = aDraft();
    await draft.look();
    expect(server.seen).toEqual([]);
    draft.dispose();
  });
});

test('the browser knows its own time zone and many more', () => {
  expect(ownTimezone()).not.toBe('');
  expect(knownTimezones()).toContain('Europe/Berlin');
});
