// Words that are nobody's, put wherever a person can put words, and the places they are looked for in.
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { payloadsOf } from './payloads.js';
import type { Json, Scene } from './product.js';
import { tableNames } from './tables.js';

/** In every text a canary says; its telephone number by itself. */
export const WORD = 'zqxcanary';
export const PHONE = '612987651';
const HIT = new RegExp(`${WORD}|612[ .-]?987[ .-]?65[0-9]`, 'i');

/** A person none of whose words may stand anywhere but in Postgres. */
export const canaryOf = (name: string, nth: number) => ({
  name: `Quincy ${WORD}-${name}`,
  email: `${name}@${WORD}-${name}.example`,
  phone: `+34 612 987 65${nth}`, // Nobody shares a number: it would make them one person.
  company: `${WORD}-${name} Works S.L.`,
  country: 'ES',
});

/** A free text that is a canary. */
export const text = (about: string): string => `${about} ${WORD} ${about}`;

/** The first canary of a text with what stands around it, or null. */
export function canaryIn(said: string): string | null {
  const hit = HIT.exec(said);
  return hit && said.slice(Math.max(0, hit.index - 60), hit.index + 60);
}

/** All the engine can tell of a scene's workflows: ids, descriptions, histories whole and payload by payload. */
export async function toldByEngine({
  product: { engine },
  config,
}: Scene): Promise<[place: string, said: string][]> {
  const { client } = engine;
  const said: [string, string][] = [];
  const query = `TaskQueue = '${config.temporal.taskQueue}'`;
  for await (const { workflowId, runId, raw } of client.workflow.list({ query })) {
    said.push([`list ${workflowId}`, json(raw)]);
    const handle = client.workflow.getHandle(workflowId, runId);
    said.push([`description of ${workflowId}`, json((await handle.describe()).raw)]);
    const history = await handle.fetchHistory();
    said.push([`history of ${workflowId}`, historyToJSON(history)]);
    for (const { path, text: payload } of payloadsOf(history))
      said.push([`payload ${path} of ${workflowId}`, payload]);
    for (const name of ['__temporal_workflow_metadata', 'getWaits', 'getStage']) {
      said.push([`${name} of ${workflowId}`, json(await ask(client, workflowId, runId, name))]);
    }
  }
  return said;
}

async function ask(client: Client, workflowId: string, runId: string, name: string): Promise<unknown> {
  try {
    return await client.workflow.getHandle(workflowId, runId).query(name);
  } catch (error) {
    return String(error); // A payout run answers to other names; what it says is looked at as well.
  }
}

/** Bytes are shown as what they say, so that a search attribute or memo is searched, not its base64. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: Json) => {
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString('utf8');
    if (inner?.type === 'Buffer') return Buffer.from(inner.data).toString('utf8');
    return typeof inner === 'bigint' ? inner.toString() : inner;
  }) ?? '';

/** Every place of the database that holds a canary: `table.column`, with how many rows do. */
export async function heldIn({
  database: { owner },
}: Pick<Scene, 'database'>): Promise<Record<string, number>> {
  const held: Record<string, number> = {};
  for (const table of await tableNames(owner)) {
    const { rows: columns } = await owner.query<{ name: string; kind: string }>(
      `select attname as name, typname as kind from pg_attribute a join pg_type t on t.oid = a.atttypid
        where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [table],
    );
    for (const { name, kind } of columns) {
      const said = kind === 'bytea' ? `encode("${name}", 'escape')` : `"${name}"::text`;
      const { rows } = await owner.query<{ n: number }>(
        `select count(*)::int as n from "${table}" where ${said} ~* $1`,
        [HIT.source],
      );
      if (rows[0]?.n) held[`${table}.${name}`] = rows[0].n;
    }
  }
  return held;
}
