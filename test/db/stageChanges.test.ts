// The database lets a lead change its stage as domain/leads/stages.ts does and no other way, whoever writes it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OUTCOMES, OUTCOMES_FROM, STAGE_TRANSITIONS, STAGES, type Stage } from '../../domain/leads/stages.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

let base: TestDatabase;
beforeAll(async () => {
  base = await freshDatabase();
  for (const stage of STAGES) {
    const [outcome, closedAt] = stage === 'closed' ? ['won', new Date()] : [null, null];
    await base.owner.query(
      `insert into leads (id, revision, stage, stage_since, outcome, closed_at, channel, captured_at)
        values ($1, 1, $1, now(), $2, $3, 'website', now())`,
      [stage, outcome, closedAt],
    );
  }
});
afterAll(() => base?.drop());

const ENDS = [...STAGES.filter((stage) => stage !== 'closed'), ...OUTCOMES];
const isEnd = (to: string): boolean => (OUTCOMES as readonly string[]).includes(to);

/** Tries a change as the application's role and takes it back; the name of the rule that refused it, or null. */
async function refusal(from: Stage, to: string): Promise<string | null> {
  const client = await base.app.connect();
  try {
    await client.query('begin');
    await client.query(
      'update leads set stage = $2, outcome = $3, closed_at = $4, revision = 2 where id = $1',
      [from, isEnd(to) ? 'closed' : to, isEnd(to) ? to : null, isEnd(to) ? new Date() : null],
    );
    return null;
  } catch (error) {
    return (error as { constraint?: string }).constraint ?? String(error);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const allowed = (from: Stage, to: string): boolean => {
  if (from === to || (from === 'closed' && to === 'won')) return true; // It stays as it is.
  if (!isEnd(to)) return STAGE_TRANSITIONS[from].includes(to as Stage);
  return STAGE_TRANSITIONS[from].includes('closed') && OUTCOMES_FROM[from].some((outcome) => outcome === to);
};

describe.each(STAGES)('from %s', (from) => {
  test.each(ENDS)('to %s', async (to) => {
    expect(await refusal(from, to)).toBe(allowed(from, to) ? null : 'leads_change_stage_as_agreed');
  });
});

test('a change of anything else asks nothing', async () => {
  await base.app.query(`update leads set revision = revision + 1, stage = stage, outcome = outcome`);
});
