// One story from its world to its end: whatever happened in it, the books are right afterwards and its history
// can be replayed.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { VerifyEngine } from '../../cli/verify/types.js';
import { verify } from '../../cli/verify/verify.js';
import { replayAndKeep } from './histories.js';
import { captured, type Story } from './story.js';
import { openWorld, type World, type WorldOptions } from './world.js';

/** Tells a story that begins with a captured lead; `name` is the file its history is stored under. */
export async function told(
  name: string,
  options: WorldOptions,
  happens: (story: Story, world: World) => Promise<void>,
): Promise<void> {
  const world = await openWorld(options);
  try {
    const story = await captured(world);
    await happens(story, world);
    expect(await ledgerSums(story)).toEqual([]);
    expect(await brokenRules(world)).toEqual([]);
    await replayAndKeep(story, name);
  } finally {
    await world.close();
  }
}

const MARKED_TRIES = 260; // A fact that was claimed and not told is claimed again after 10 s.
const MARKED_EVERY_MS = 50;

/** Ledger transactions that do not sum to nothing; an empty ledger is right as well. */
export const ledgerSums = ({ world }: Story): Promise<unknown[]> =>
  world.database.owner
    .query(
      `select transaction_id, currency, sum(amount_minor) as minor from ledger_entries
        group by 1, 2 having sum(amount_minor) <> 0`,
    )
    .then(({ rows }) => rows);

/** What the product's own proof finds wrong: every invariant, workflows included. */
export async function brokenRules(world: World): Promise<string[]> {
  const { client } = world.engine;
  const engine: VerifyEngine = {
    async describe(id) {
      try {
        const { status } = await client.workflow.getHandle(id).describe();
        return status.name === 'RUNNING' ? 'open' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'missing';
        throw error;
      }
    },
    // The time-skipping server lists nothing; each lead is described.
    async *listOpen() {
      const { rows } = await world.db.query<{ id: string }>(`select id from leads where stage <> 'closed'`);
      for (const { id } of rows) yield `lead/${id}`;
    },
  };
  await world.marks.flush();
  await marked(world);
  const results = await verify({
    db: world.database.owner,
    engine,
    at: new Date(await world.now()),
    quietMs: 0,
  });
  return results.flatMap(({ invariant, broken }) =>
    broken.map(({ subject, detail }) => `${invariant} ${subject}: ${detail}`),
  );
}

/** A fact is marked told a moment after its step has answered it; what is still untold then is for the proof to say. */
async function marked({ database }: World): Promise<void> {
  for (let tries = 0; tries < MARKED_TRIES; tries++) {
    const { rowCount } = await database.owner.query(
      `select from messages where told_at is null and answer is not null and kind = 'fact' limit 1`,
    );
    if (rowCount === 0) return;
    await pause(MARKED_EVERY_MS);
  }
}
