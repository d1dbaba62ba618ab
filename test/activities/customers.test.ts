// What a deal takes from its customer: the terms agreed with them, from the quote to the day the invoice is due.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { recordDelivery } from '../../activities/intake/deliveries.js';
import { draftQuote } from '../../activities/intake/quotes.js';
import { newId } from '../../db/ids.js';
import { withTransaction } from '../../db/pool.js';
import { PEOPLE, sku } from '../support/company.js';
import {
  acceptedBy,
  at,
  base,
  captureOne,
  closeSteps,
  decide,
  due,
  lead,
  leadId,
  once,
  openSteps,
  policies,
  qualified,
} from '../support/leadSteps.js';

beforeAll(() => openSteps());
beforeEach(() => captureOne());
afterAll(() => closeSteps());

async function account(terms: object | null): Promise<string> {
  const id = newId('account');
  await base.owner.query(
    `insert into accounts (id, legal_name, country, terms, created_at) values ($1, 'Agreed SL', 'ES', $2, now())`,
    [id, terms],
  );
  return id;
}

const drafted = (accountId: string, more: object = {}) => {
  const draft = { lines: [{ sku: sku(1), quantity: '1' }], accountId, ...more };
  const input = { draft, leadId, actorId: PEOPLE.rep, nowMs: at };
  return withTransaction(base.app, (tx) => draftQuote(policies, tx, input));
};

async function invoiced(quoteId: string): Promise<{ issued: string; due: string }> {
  await decide('submitQuote', PEOPLE.rep, { quoteId, revision: 1 });
  const { answer } = await decide('acceptQuote', PEOPLE.rep, { quoteId, revision: 1, acceptedBy });
  const orderId = answer.answer?.made as string;
  const { rows: lines } = await base.owner.query<{ id: string }>(
    'select id from order_lines where order_id = $1',
    [orderId],
  );
  const messageId = newId('msg');
  await recordDelivery(
    { db: base.app },
    {
      orderId,
      actorId: PEOPLE.fulfilment,
      key: 'all',
      lines: lines.map(({ id }) => ({ orderLineId: id, quantityMicro: 1_000_000n })),
      deliveredAt: at,
      messageId,
    },
  );
  await once('recordDelivery', { key: messageId, at });
  await due('issueInvoice', 'invoicing');
  const { rows } = await base.owner.query<{ issued: string; due: string }>(
    'select issued_on::text as issued, due_on::text as due from invoices where order_id = $1',
    [orderId],
  );
  return rows[0] as { issued: string; due: string };
}

describe('terms agreed with a customer', () => {
  test.each([
    ['none: the policy’s default, net 30', null, {}, 'net30', '2026-04-01'],
    ['net 7, which the policy has no name for', { kind: 'net', days: 7 }, {}, 'account/agreed', '2026-03-09'],
    [
      'end of month + 15, by the policy’s name',
      { kind: 'end_of_month', days: 15 },
      {},
      'eom15',
      '2026-04-15',
    ],
    [
      'net 7, and the quote says otherwise',
      { kind: 'net', days: 7 },
      { terms: 'net30' },
      'net30',
      '2026-04-01',
    ],
  ])('%s', async (_what, terms, more, name, dueOn) => {
    await qualified();
    const { quoteId } = await drafted(await account(terms), more);
    const { rows } = await base.owner.query('select terms from quote_revisions where quote_id = $1', [
      quoteId,
    ]);
    expect(rows[0]?.terms.id).toBe(name);
    expect(await invoiced(quoteId)).toEqual({ issued: '2026-03-02', due: dueOn });
  });

  test('are what the approval matrix is asked about: above 60 days finance is, also at submission', async () => {
    await qualified();
    const at60 = await drafted(await account({ kind: 'net', days: 60 }));
    expect(at60.approvalsNeeded).toEqual([]);
    const above = await drafted(await account({ kind: 'net', days: 61 }));
    expect(above.approvalsNeeded).toMatchObject([{ ruleId: 'long-terms' }]);
    await decide('submitQuote', PEOPLE.rep, { quoteId: above.quoteId, revision: 1 });
    expect((await lead()).stage).toBe('approval');
  });
});
