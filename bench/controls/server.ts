// The HTTP side both controls share: the product's addresses on bare Fastify, no sign-in, no schema, no rights, no
// messages. What is in whose favour is said in controls.ts.
import Fastify, { type FastifyInstance } from 'fastify';
import type pg from 'pg';
import type { Call } from '../golden.js';
import { TAKEN } from './plainWrites.js';
import { fill, filling, type Plan, type PlannedRead, type Statement, type Step, tagIn } from './plan.js';

interface Sent {
  readonly call: Call;
  readonly tag: string;
}

interface WithId {
  readonly Params: { readonly id: string };
}

/** Writes one recorded transaction for a lead. */
export async function write(
  db: pg.Pool | pg.PoolClient,
  { name, text, params, expected }: Statement,
  tag: string,
): Promise<void> {
  const values = params.map(filling(tag));
  const { rows } = await db.query<{ met: number[] }>({ name, text, values });
  const { met = [] } = rows[0] ?? {};
  if (met.join() !== expected.join())
    throw new Error(`${name} met ${met.join()} rows, not ${expected.join()}`);
}

/** Reads what the product reads, for this lead. */
export async function read(
  db: pg.Pool | pg.PoolClient,
  reads: readonly PlannedRead[],
  tag: string,
): Promise<void> {
  for (const { name, text, values } of reads) {
    const query = { text, values: JSON.parse(fill(values, tag)) as unknown[] };
    await db.query(name === null ? query : { name, ...query });
  }
}

/**
 * Does one recorded transaction as most programs do: begun, read, a prepared statement for each table, committed. With
 * `note`, told to whoever listens when it commits.
 */
export async function writePlainly(
  db: pg.Pool,
  { step, tables }: Step,
  reads: readonly PlannedRead[],
  tag: string,
  note?: { readonly channel: string; readonly payload: string },
): Promise<void> {
  const client = await db.connect();
  const filled = filling(tag);
  try {
    await client.query('begin');
    await read(client, reads, tag);
    let taken = '';
    for (const { name, text, values, expected } of tables) {
      const given = values.map((value) => {
        if (value === TAKEN) return taken;
        return value === null ? null : filled(value);
      });
      const { rowCount, rows } = await client.query<{ last_seq: bigint }>({ name, text, values: given });
      if (rowCount !== expected) throw new Error(`${step} met ${rowCount} rows, not ${expected}: ${text}`);
      if (rows[0]) taken = String(rows[0].last_seq);
    }
    if (note) {
      const values = [note.channel, note.payload];
      await client.query({ name: 'notify', text: 'select pg_notify($1, $2)', values });
    }
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true); // Its transaction ends with its connection.
    throw error;
  }
}

/** A server on the product's addresses that does `take` for every call. Answers its address. */
export async function openControl(
  db: pg.Pool,
  plan: Plan,
  take: (sent: Sent) => Promise<void>,
): Promise<{ app: FastifyInstance; url: string }> {
  const app = Fastify();
  const answer = async (call: Call, tag: string): Promise<unknown> => {
    if (call !== 'capture') {
      // Even the barest program looks at its record before it changes it.
      await db.query({
        name: 'lead',
        text: 'select stage, revision from leads where id = $1',
        values: [fill(plan.leadId, tag)],
      });
    }
    await take({ call, tag });
    return JSON.parse(fill(plan.answers[call] ?? ['null'], tag));
  };
  const onRecord = (path: string, call: Call) =>
    app.post<WithId>(path, ({ params }) => answer(call, tagIn(params.id)));
  app.post<{ Body: { externalId: string } }>('/v1/leads', ({ body }, reply) => {
    void reply.code(201);
    return answer('capture', body.externalId.slice(-8));
  });
  onRecord('/v1/leads/:id/qualification', 'qualification');
  onRecord('/v1/leads/:id/quotes', 'draft');
  onRecord('/v1/quotes/:id/submission', 'submission');
  onRecord('/v1/approvals/:id/decision', 'approval');
  onRecord('/v1/quotes/:id/acceptance', 'acceptance');
  onRecord('/v1/orders/:id/deliveries', 'delivery');
  app.post<{ Body: { reference: string } }>('/v1/payments', ({ body }) =>
    answer('payment', body.reference.slice(-8)),
  );
  addReads(app, db);
  return { app, url: await app.listen({ port: 0, host: '127.0.0.1' }) };
}

/** What a golden lead reads on its way, read from the same rows. */
function addReads(app: FastifyInstance, db: pg.Pool): void {
  app.get<WithId>('/v1/leads/:id', async ({ params }) => {
    const { rows } = await db.query({
      name: 'read_lead',
      text: `select *, owner_id as owner, (select coalesce(jsonb_agg(w), '[]') from waits w
        where w.lead_id = l.id and w.ended_at is null) as "waitingFor" from leads l where id = $1`,
      values: [params.id],
    });
    return rows[0] ?? null;
  });
  app.get<{ Querystring: { lead: string } }>('/v1/orders', async ({ query }) => {
    const { rows } = await db.query({
      name: 'read_orders',
      text: 'select id, number, status from orders where lead_id = $1',
      values: [query.lead],
    });
    return { items: rows, next: null };
  });
  app.get<WithId>('/v1/orders/:id', async ({ params }) => {
    const { rows } = await db.query({
      name: 'read_order',
      text: `select id, sku, quantity::float8::text as ordered from order_lines
        where order_id = $1 order by position`,
      values: [params.id],
    });
    return { id: params.id, lines: rows };
  });
  app.get<{ Querystring: { lead: string } }>('/v1/invoices', async ({ query }) => {
    const { rows } = await db.query({
      name: 'read_invoices',
      text: `select id, number, issued_on::text as "issuedOn", jsonb_build_object('amount',
        (open_minor / 100.0)::numeric(18, 2)::text, 'currency', currency) as open
        from invoices where lead_id = $1`,
      values: [query.lead],
    });
    return { items: rows, next: null };
  });
}
