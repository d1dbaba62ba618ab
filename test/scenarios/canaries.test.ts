// Nobody's name, address, number or word leaves Postgres: four deals whose every text is a canary are played, and
// everything the engine, the logs, the metrics and the addresses say is searched. Then the persons are erased, and
// the canaries are looked for in Postgres as well.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import pino from 'pino';
import { logOptions } from '../../contracts/redacted.js';
import { WORKFLOW_BUNDLE } from '../../worker/open.js';
import { canaryIn, canaryOf, heldIn, PHONE, text, toldByEngine, WORD } from '../support/canaries.js';
import { type OwnEngine, openEngine } from '../support/ownEngine.js';
import { type Json, openScene, type Scene, until } from '../support/product.js';
import { delivered, handleOf, inStage, moneyFor } from '../support/sale.js';

let engine: OwnEngine;
let scene: Scene;
const lines: string[] = [];
// As every process of ours writes it, down to the last line.
const log = pino(logOptions('trace'), { write: (line: string) => void lines.push(line) });
const places: string[] = [];
const contacts: Record<string, string> = {};
const invoices: Json[] = [];

async function captured(name: string): Promise<Json> {
  const { id, contactId } = await scene.post('ana', '/v1/leads', {
    source: {
      channel: 'referral',
      landingPage: `/desks?from=${WORD}`,
      referrer: text('referred by'),
    },
    contact: canaryOf(name, Object.keys(contacts).length),
    interest: text('interested in'),
    externalId: `${WORD}-${name}`,
    consent: { purpose: 'newsletter', granted: true, source: text('form') },
  });
  contacts[name] = contactId;
  return until('it has an owner', async () => {
    const lead = await scene.get('carla', `/v1/leads/${id}`);
    return lead.owner !== null && lead.score !== null && lead;
  });
}

async function offered(name: string): Promise<{ leadId: string; rep: 'ana'; quote: Json }> {
  const { id: leadId, owner } = await captured(name);
  const rep = handleOf(scene, owner) as 'ana';
  await scene.post(rep, `/v1/leads/${leadId}/qualification`, {
    decision: 'qualify',
    reason: WORD,
  });
  const line = { lines: [{ sku: 'DESK-160', quantity: '10' }] };
  const draft = await scene.post(rep, `/v1/leads/${leadId}/quotes`, line, `draft-${name}`);
  const quote = await scene.post(rep, `/v1/quotes/${draft.id}/submission`, { revision: 1 });
  return { leadId, rep, quote };
}

async function ordered(name: string): Promise<Json> {
  const { leadId, rep, quote } = await offered(name);
  const { status, headers } = await scene.call(rep, `/v1/quotes/${quote.id}/acceptance`, {
    method: 'POST',
    body: {
      revision: 1,
      acceptedBy: { name: `Acceptor ${WORD}`, email: `acceptor@${WORD}.example` },
      purchaseOrder: `PO ${WORD}`,
    },
  });
  expect(status).toBe(200);
  places.push(headers.get('location') ?? '');
  return { ...(await scene.get('carla', headers.get('location') ?? '')), leadId };
}

async function invoiced(order: Json): Promise<Json> {
  const invoice = await delivered(scene, order, undefined, undefined, { proof: text('signed by') });
  invoices.push(invoice);
  return invoice;
}

const paid = (invoice: Json, more: object = {}): Promise<Json> =>
  scene.post(
    'elena',
    '/v1/payments',
    moneyFor(scene, invoice, { payer: `Payer ${WORD}`, remittance: text('for desks'), ...more }),
    `pay-${invoice.number}-${Object.keys(more)}`,
  );

beforeAll(async () => {
  engine = await openEngine();
  scene = await openScene({ temporalAddress: engine.address, log });
}, 90_000);
afterAll(async () => {
  await scene?.close();
  await engine?.close();
});

describe('four deals full of canaries', () => {
  test('one is won, bounces and is won again', async () => {
    const order = await ordered('golden');
    const payment = await paid(await invoiced(order));
    await inStage(scene, order.leadId, 'closed');
    await scene.post('elena', `/v1/payments/${payment.id}/reversal`, {
      reference: 'RET-canary',
      reversedOn: scene.day(),
      reason: text('bounced'),
    });
    const [invoice] = (await scene.get('elena', `/v1/invoices?lead=${order.leadId}`)).items;
    await inStage(scene, order.leadId, 'collecting');
    await paid(invoice, { provider: 'again' });
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'won' });
  });

  test('one is lost', async () => {
    const { leadId, rep, quote } = await offered('lost');
    await scene.post(rep, `/v1/quotes/${quote.id}/decline`, { revision: 1, reason: text('declined') });
    const { stage } = await scene.get('carla', `/v1/leads/${leadId}`);
    if (stage !== 'closed')
      await scene.post('carla', `/v1/leads/${leadId}/withdrawal`, { reason: text('gave up') });
    expect(await inStage(scene, leadId, 'closed')).toMatchObject({ outcome: 'lost' });
  });

  test('one is cancelled', async () => {
    const order = await ordered('cancelled');
    await scene.post('carla', `/v1/orders/${order.id}/cancellation`, { reason: text('cancelled') });
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'cancelled' });
  });

  test('one is reminded and written off', async () => {
    const order = await ordered('dunned');
    const invoice = await invoiced(order);
    await scene.pass(20);
    await until('it is reminded', async () => {
      const { dunningLevel } = await scene.get('elena', `/v1/invoices/${invoice.id}`);
      return dunningLevel === 1;
    });
    await scene.post('fiona', `/v1/invoices/${invoice.id}/write-off`, { reason: text('insolvent') });
    expect(await inStage(scene, order.leadId, 'closed')).toMatchObject({ outcome: 'written_off' });
  });

  test('and one is open, with requests that are refused in every way', async () => {
    const { id } = await captured('open');
    const refused = [
      await scene.call('carla', `/v1/leads?q=${WORD}`),
      await scene.call('carla', `/v1/leads?${WORD}=1`),
      await scene.call('carla', `/v1/${WORD}/${WORD}`),
      await scene.call('carla', `/v1/leads/${WORD}`),
      await scene.call('ana', '/v1/leads', {
        method: 'POST',
        body: { contact: { name: WORD, [WORD]: WORD } },
      }),
      await scene.call('ana', '/v1/leads', { method: 'POST', raw: `{"contact": ${WORD}` }),
      await scene.call('carla', `/v1/leads/${id}/qualification`, {
        method: 'POST',
        body: { decision: 'disqualify', reason: WORD },
      }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([200, 400, 404, 400, 400, 400, 400]);
  });
});

describe('what is said outside of Postgres', () => {
  test('the engine knows none of them: no id, history, payload, attribute, memo, query', async () => {
    const said = await toldByEngine(scene);
    expect(said.length).toBeGreaterThan(200);
    const found = said.flatMap(([place, words]) => {
      const hit = canaryIn(`${place} ${words}`);
      return hit ? [`${place}: ${hit}`] : [];
    });
    expect(found).toEqual([]);
  });

  test('its files hold none of them, byte by byte', async () => {
    const bytes = engine.written().toString('latin1');
    const { items } = await scene.get('carla', '/v1/leads');
    expect(bytes).toContain(items[0].id); // What is there is found: the files are not packed.
    expect(canaryIn(bytes)).toBeNull();
  });

  test('no log line, metric or address holds one', async () => {
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.map(canaryIn).filter((hit) => hit !== null)).toEqual([]);
    const metrics = await scene.call('carla', '/metrics');
    expect(metrics.status).toBe(200);
    expect(canaryIn(String(metrics.body))).toBeNull();
    expect(places.filter((place) => place === '' || canaryIn(place))).toEqual([]);
  });

  test('Postgres and the mails hold them, so they would have been found', async () => {
    expect(Object.keys(await heldIn(scene)).length).toBeGreaterThan(15);
    expect(canaryIn((await scene.mails()).join())).not.toBeNull();
    expect(canaryIn(`+34 ${PHONE}`)).not.toBeNull();
  });
});

/** What the law keeps, and nothing else: the table of SECURITY.md. */
const KEPT = {
  'accounts.legal_name': 2, // The buyers of the two deals that were invoiced.
  'orders.purchase_order': 2, // It stands on the invoice.
  'write_offs.reason': 1,
};

describe('erasing', () => {
  const reason = { reason: 'person_asked' };
  const path = (name: string) => `/v1/contacts/${contacts[name]}/erasure`;

  test('is an administrator\u2019s, and a lead that is still open stands against it by name', async () => {
    expect(await scene.refused('carla', path('golden'), reason)).toBe('403 forbidden');
    const answer = await scene.call('admin', path('open'), { method: 'POST', body: reason });
    expect([answer.status, answer.body.code]).toEqual([409, 'wrong_stage']);
    expect(answer.body.detail).toMatch(/lead_\w{26} is new/);
    expect(await scene.refused('admin', path('golden'), { reason: 'because she said so' })).toBe(
      '400 invalid_field',
    );
    expect(
      await scene.refused('admin', '/v1/contacts/contact_01kaz4v8tqfv2r0c0q6c2nq4jd/erasure', reason),
    ).toBe('404 not_found');
  });

  test('takes them out of every table and every mail, but for what the law keeps', async () => {
    const { items } = await scene.get('carla', '/v1/leads?limit=100');
    const open = items.find(({ stage }: Json) => stage !== 'closed');
    await scene.post('carla', `/v1/leads/${open.id}/withdrawal`, { reason: text('no answer') });
    await inStage(scene, open.id, 'closed');
    for (const name of Object.keys(contacts)) {
      const before = await scene.post('admin', path(name), reason, `erase-${name}`);
      expect(before).toMatchObject({ contactId: contacts[name], keptInvoices: expect.any(Number) });
      const again = await scene.post('admin', path(name), reason);
      expect(again).toEqual({ ...before, mailsRemoved: 0 });
    }
    expect(await heldIn(scene)).toEqual(KEPT);
    expect(canaryIn((await scene.mails()).join())).toBeNull();
  });

  test('leaves ledger, audit, chains and replay as they were', async () => {
    await scene.mustBeClean();
    const { client } = scene.product.engine;
    const query = `TaskQueue = '${scene.config.temporal.taskQueue}' and WorkflowType = 'leadToCash'`;
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      await Worker.runReplayHistory({ workflowBundle: { codePath: WORKFLOW_BUNDLE } }, history, workflowId);
    }
  });

  test('leaves the invoices with the name they were issued to, and nobody to read about', async () => {
    for (const { id } of invoices) {
      const { status } = await scene.call('elena', `/v1/invoices/${id}.pdf`);
      expect(status).toBe(200);
    }
    const { items } = await scene.get('carla', '/v1/leads?limit=100');
    for (const { id } of items) {
      const lead = await scene.get('carla', `/v1/leads/${id}`);
      expect(lead).toMatchObject({ contact: null, interest: null, externalId: null });
      expect((await scene.call('carla', `/v1/leads/${id}/timeline`)).status).toBe(200);
    }
  });

  test('a person who comes again is somebody new', async () => {
    const answer = await scene.call('ana', '/v1/leads', {
      method: 'POST',
      body: { source: { channel: 'website' }, contact: canaryOf('golden', 0) },
    });
    expect([answer.status, answer.body.previousLeadId]).toEqual([201, null]);
    expect(answer.body.contactId).not.toBe(contacts.golden);
  });
});
