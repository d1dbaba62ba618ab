import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RIGHTS } from '../../api/auth/ability.js';
import type { Resource } from '../../api/auth/resources.js';
import { schemaSql, tableTypes } from '../../db/dump.js';
import { APPROVAL_STATUSES } from '../../domain/approvals/types.js';
import { OUTCOMES, STAGES } from '../../domain/leads/stages.js';
import { ACCOUNTS } from '../../domain/ledger/accounts.js';
import { MESSAGES } from '../../domain/messages.js';
import { ROLES } from '../../domain/people/people.js';
import { POLICY_KINDS } from '../../domain/policies/types.js';
import { TREATMENTS } from '../../domain/taxes/treatment.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const rolesThat = (action: string, resource: Resource): readonly string[] =>
  RIGHTS.filter((right) => right.action === action && right.resources.includes(resource)).flatMap(
    ({ roles }) => roles,
  );

let base: TestDatabase;
beforeAll(async () => {
  base = await freshDatabase();
});
afterAll(() => base?.drop());

/** Formatting is not what these files are about. */
const words = (text: string): string => text.replaceAll(/[\s;]+/g, ' ').trim();

describe('the committed description of the schema', () => {
  test('schema.sql is what the migrations make', async () => {
    expect(words(await schemaSql(base.owner))).toBe(words(readFileSync('db/schema.sql', 'utf8')));
  });

  test('tables.ts is what the catalogs say', async () => {
    expect(words(await tableTypes(base.owner))).toBe(words(readFileSync('db/tables.ts', 'utf8')));
  });
});

describe('words of the domain stand in the database', () => {
  test.each([
    ['leads', 'stage', STAGES],
    ['leads', 'outcome', OUTCOMES],
    ['approvals', 'status', APPROVAL_STATUSES],
    ['person_roles', 'role', ROLES],
    ['policies', 'kind', POLICY_KINDS],
    ['ledger_entries', 'account', ACCOUNTS],
    ['quote_lines', 'tax_treatment', TREATMENTS],
  ] as const)('%s.%s allows exactly the words of the code', async (table, column, allowed) => {
    const { rows } = await base.owner.query<{ def: string }>(
      `select pg_get_constraintdef(c.oid) as def from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
        where c.contype = 'c' and cardinality(c.conkey) = 1 and c.conrelid = $1::regclass and a.attname = $2
          and pg_get_constraintdef(c.oid) like '%ARRAY%'`,
      [table, column],
    );
    const inSql = [...(rows[0]?.def ?? '').matchAll(/'([^']+)'::text/g)].map((match) => match[1]);
    expect([...inSql].sort()).toEqual([...allowed].sort());
  });
});

describe('a record is written with a role that may send what leads to it', () => {
  test.each([
    ['approvals', 'decided_by', MESSAGES.decideApproval.roles],
    ['payments', 'recorded_by', MESSAGES.paymentApplied.roles],
    ['payment_reversals', 'recorded_by', MESSAGES.paymentReversed.roles],
    ['deliveries', 'recorded_by', MESSAGES.deliveryRecorded.roles],
    ['write_offs', 'decided_by', MESSAGES.writeOffInvoice.roles],
    ['charge_write_offs', 'decided_by', MESSAGES.writeOffInvoice.roles],
    ['charge_waivers', 'decided_by', rolesThat('waive', 'invoices')],
    ['invoices', 'approved_by', MESSAGES.cancelOrder.roles],
    ['payouts', 'calculated_by', rolesThat('create', 'payouts')],
    ['payout_lines', 'released_by', rolesThat('release', 'payouts')],
    ['policy_approvals', 'person_id', rolesThat('approve', 'policies')],
  ] as const)('%s.%s', async (table, column, roles) => {
    const { rows } = await base.owner.query<{ args: string }>(
      `select encode(tgargs, 'escape') as args from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where p.proname = 'roles_are_usable_from_the_next_day' and t.tgrelid = $1::regclass`,
      [table],
    );
    const [person, needed = ''] = (rows[0]?.args ?? '').split('\\000');
    expect(person).toBe(column);
    expect(needed.split(' ').sort()).toEqual([...roles].sort());
  });
});

/** What may never be stored twice, whatever the code above it does. */
const ONCE_FOR_EVER = [
  ['a message', 'messages', 'id'],
  ['a payment by its reference', 'payments', 'provider, reference'],
  ['the number of an invoice', 'invoices', 'entity_id, series, seq'],
  ['the number of a charge note', 'charge_notes', 'entity_id, series, seq'],
  ['a delivery by its key', 'deliveries', 'order_id, key'],
  ['the order of a revision', 'orders', 'quote_id, quote_revision'],
  ['a posting by its business key', 'ledger_transactions', 'business_key'],
  ['the reversal of a payment', 'payment_reversals', 'payment_id'],
  ['a change by its key', 'audit_entries', 'subject, key'],
  ['the answer under an idempotency key', 'idempotency_keys', 'person_id, key'],
] as const;

describe('the database itself keeps what is unique for ever', () => {
  test.each(ONCE_FOR_EVER)('%s: %s (%s)', async (_what, table, columns) => {
    const { rows } = await base.owner.query<{ columns: string }>(
      `select string_agg(a.attname, ', ' order by k.place) as columns
        from pg_index i cross join unnest(i.indkey::int2[]) with ordinality as k (number, place)
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
        where i.indrelid = $1::regclass and i.indisunique and i.indpred is null and i.indisvalid
        group by i.indexrelid`,
      [table],
    );
    expect(rows.map((row) => row.columns)).toContain(columns);
  });
});

describe('the application role', () => {
  test.each([
    'update ledger_entries set amount_minor = 1',
    'delete from ledger_entries',
    'update ledger_transactions set kind = kind',
    'update audit_entries set entry = entry',
    'delete from audit_entries',
    `update messages set body = '{}'`,
    'delete from messages',
    'update allocations set amount_minor = 1',
    'update commission_lines set amount_minor = 1',
    'update policies set version = version',
    'create table mine (id int)',
    'drop table leads',
  ])('may not: %s', async (statement) => {
    await expect(base.app.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
