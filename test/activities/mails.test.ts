import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { closeCompany, type Desk, openCompany, openDesk } from './mailDesk.js';
import { speak } from './sampleDeal.js';
import { later, PERSONAL, QUOTE, subjectOf } from './sampleWords.js';

const CONTACT = 'zuleika@globex.example';
const BILLING = 'accounts-payable@globex.example';

let desk: Desk;
beforeAll(openCompany);
afterAll(closeCompany);
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(async () => {
  // Whatever a test did, nothing personal was logged.
  expect(desk.logged.join('\n')).not.toMatch(PERSONAL);
  await desk.close();
});

describe('a mail of each kind', () => {
  test.each([
    [
      'en',
      'offer',
      CONTACT,
      'Your offer Q-0Q6C2NQ4JD from Núñez y Peña S.L.',
      '€2,178.00',
      'Q-0Q6C2NQ4JD-2.pdf',
    ],
    [
      'es',
      'offer',
      CONTACT,
      'Su oferta Q-0Q6C2NQ4JD de Núñez y Peña S.L.',
      '2.178,00 €',
      'Q-0Q6C2NQ4JD-2.pdf',
    ],
    ['en', 'order', CONTACT, 'Confirmation of your order ORD-000031', 'PO 4711', null],
    ['es', 'order', CONTACT, 'Confirmación de su pedido ORD-000031', 'PO 4711', null],
    ['en', 'invoice', BILLING, 'Invoice INV-000042', '22 December 2026', 'INV-000042.pdf'],
    ['es', 'invoice', BILLING, 'Factura INV-000042', '22 de diciembre de 2026', 'INV-000042.pdf'],
    ['en', 'receipt', BILLING, 'We have received your payment for invoice INV-000042', '€1,178.00', null],
    ['es', 'receipt', BILLING, 'Hemos recibido su pago de la factura INV-000042', '1.178,00 €', null],
    [
      'en',
      'reminder',
      BILLING,
      'Last payment reminder: INV-000042',
      'we charge €61.47 by the attached charge note CH-000007',
      'CH-000007.pdf',
    ],
    [
      'es',
      'reminder',
      BILLING,
      'Último recordatorio de pago: INV-000042',
      'cargamos 61,47 € en la nota de cargo adjunta CH-000007',
      'CH-000007.pdf',
    ],
    ['en', 'approval', 'boss@seller.example', 'Approval needed: quote Q-0Q6C2NQ4JD/2', '10%', null],
    ['es', 'approval', 'boss@seller.example', 'Aprobación necesaria: oferta Q-0Q6C2NQ4JD/2', '10 %', null],
    ['en', 'task', 'rep@seller.example', 'Task: Send the quote', 'lead_1', null],
    ['es', 'task', 'rep@seller.example', 'Tarea: Enviar la oferta', 'lead_1', null],
  ] as const)('in %s: %s goes to %s', async (language, kind, to, subject, words, attached) => {
    await speak(desk.db, language);
    const id = await desk.queue(kind, subjectOf[kind]);
    expect(await desk.sendMail(id)).toBe('sent');
    expect(desk.received).toHaveLength(1);
    const [{ to: recipients, mail }] = desk.received as [(typeof desk.received)[0]];
    expect(recipients).toEqual([to]);
    expect(mail.subject).toBe(subject);
    expect(mail.text?.replaceAll('\u00a0', ' ')).toContain(words);
    expect(mail.html?.replaceAll('\u00a0', ' ').replaceAll('&nbsp;', ' ')).toContain(words);
    expect(mail.from).toEqual({ name: 'Seller Sales', address: 'sales@seller.example' });
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(attached ? [attached] : []);
    for (const { content } of mail.attachments) {
      expect(
        Buffer.from(content as ArrayBuffer)
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');
    }
    const row = await desk.row(id);
    expect(row).toMatchObject({ status: 'sent', language, failure: null });
    // Business time: the clock of the fixture stands two hours after the mail was queued.
    expect(Math.abs((row.sent_at?.getTime() ?? 0) - later(2).getTime())).toBeLessThan(60_000);
  });

  test('a reminder names what follows it, its charge note, and the total of both', async () => {
    await desk.sendMail(await desk.queue('reminder', 'letter_1'));
    const text = desk.received[0]?.mail.text?.replaceAll('\u00a0', ' ') ?? '';
    for (const said of [
      '25 February 2027',
      'Charge note CH-000007 | 26 January 2027 | €61.47',
      '€1,239.47',
    ]) {
      expect(text).toContain(said);
    }
  });

  test.each([
    ['en', 'Your order ORD-000031 is cancelled', 'was cancelled on 22 November 2026'],
    ['es', 'Su pedido ORD-000031 ha sido cancelado', 'se canceló el 22 de noviembre de 2026'],
  ] as const)('in %s: a cancelled order is told to whoever ordered it', async (language, subject, words) => {
    await speak(desk.db, language);
    await desk.db.query(`update orders set status = 'cancelled', cancelled_at = $1`, [later(3)]);
    const late = await desk.queue('order', 'order_1', { queued_at: later(2) });
    expect(await desk.sendMail(late)).toBe('skipped');
    expect(await desk.sendMail(await desk.queue('order', 'order_1', { queued_at: later(3) }))).toBe('sent');
    expect(desk.received.map(({ to }) => to)).toEqual([[CONTACT]]);
    expect(desk.received[0]?.mail.subject).toBe(subject);
    expect(desk.received[0]?.mail.text?.replaceAll('\u00a0', ' ')).toContain(words);
  });

  test('a credit note goes out as one, with its own document', async () => {
    await desk.sendMail(await desk.queue('invoice', 'inv_2'));
    expect(desk.received[0]?.mail.subject).toBe('Credit note CN-000003');
    expect(desk.received[0]?.mail.text).toContain('It corrects invoice INV-000042.');
    expect(desk.received[0]?.mail.attachments[0]?.filename).toBe('CN-000003.pdf');
  });

  test.each([
    ['offer', QUOTE, 'Our offer Q-0Q6C2NQ4JD is valid until'],
    ['approval', 'appr_1', 'Still waiting for your approval: quote Q-0Q6C2NQ4JD/2'],
  ] as const)('%s: what is queued after it was asked reminds of it', async (kind, subject, words) => {
    await desk.sendMail(await desk.queue(kind, subject, { queued_at: later(4) }));
    expect(desk.received[0]?.mail.subject?.replaceAll('\u00a0', ' ')).toContain(words);
  });

  test('what passed to the manager is an escalation and goes to the nearest active one', async () => {
    await desk.db.query(
      `update tasks set kind = 'qualification_overdue', role = 'manager', person_id = null where id = 'task_1'`,
    );
    await desk.db.query(`update people set manager_id = 'person_deputy' where id = 'person_boss'`);
    await desk.sendMail(await desk.queue('task', 'lead_1'));
    await desk.db.query(`update people set active = false where id = 'person_boss'`);
    await desk.sendMail(await desk.queue('task', 'lead_1'));
    expect(desk.received.map(({ to }) => to)).toEqual([['boss@seller.example'], ['deputy@seller.example']]);
    expect(desk.received[0]?.mail.subject).toBe('Overdue: Qualification (lead_1)');
  });

  test('a receipt names what of the payment still stands, and all invoices it paid', async () => {
    await desk.db.query(`insert into allocations select 'alloc_2', payment_id, invoice_id, lead_id, -40000, value_on,
      'alloc_1', 'by_hand', recorded_at from allocations where id = 'alloc_1'`);
    await desk.sendMail(await desk.queue('receipt', 'pay_1'));
    expect(desk.received[0]?.mail.text).toContain('€600.00');
  });
});

describe('who gets it', () => {
  test.each([
    ['in force', '2026-11-20', '2026-11-30', ['boss@seller.example', 'deputy@seller.example']],
    ['from tomorrow', '2026-11-23', '2026-11-30', ['boss@seller.example']],
    ['over since yesterday', '2026-11-01', '2026-11-21', ['boss@seller.example']],
    ['for the one day', '2026-11-22', '2026-11-22', ['boss@seller.example', 'deputy@seller.example']],
  ])('a delegation %s', async (_when, from, until, expected) => {
    await desk.db.query(
      `insert into delegations values ('deleg_1', 'person_boss', 'person_deputy', $1, $2)`,
      [from, until],
    );
    await desk.db.query(`update people set language = 'es' where id = 'person_deputy'`);
    expect(await desk.sendMail(await desk.queue('approval', 'appr_1'))).toBe('sent');
    const reached = desk.received.map(({ to }) => to[0]).sort();
    expect(reached).toEqual(expected);
    expect(new Set(desk.received.map(({ mail }) => mail.messageId)).size).toBe(expected.length);
    const deputy = desk.received.find(({ to }) => to[0] === 'deputy@seller.example');
    if (expected.length === 2) expect(deputy?.mail.text).toContain('Estimado/a Dan Ferrer:');
  });

  test.each([
    ['offer', QUOTE, `update contacts set email = null`, BILLING],
    ['invoice', 'inv_1', `update accounts set email = null`, CONTACT],
    [
      'order',
      'order_1',
      `update orders set accepted_by_email = 'buyer@globex.example'`,
      'buyer@globex.example',
    ],
  ] as const)('%s falls back to the next address', async (kind, subject, change, to) => {
    await desk.db.query(change);
    await desk.sendMail(await desk.queue(kind, subject));
    expect(desk.received[0]?.to).toEqual([to]);
  });
});

describe('what is not sent', () => {
  const nobody = 'the customer has no e-mail address';
  const silent = `update contacts set email = null; update accounts set email = null;
    update orders set accepted_by_email = null`;
  const alone = 'nobody to tell is active and has an e-mail address';
  test.each([
    ['offer', silent, nobody],
    ['order', silent, nobody],
    ['invoice', silent, nobody],
    ['receipt', silent, nobody],
    ['reminder', silent, nobody],
    ['approval', `update people set active = false`, alone],
    ['task', `update people set active = false`, alone],
    ['offer', `update quote_revisions set status = 'expired' where revision = 2`, 'the offer is expired'],
    ['order', `update orders set status = 'cancelled'`, 'the order is cancelled'],
    [
      'receipt',
      `insert into allocations select 'alloc_2', payment_id, invoice_id, lead_id, -amount_minor, value_on,
      'alloc_1', 'reversal', recorded_at from allocations where id = 'alloc_1'`,
      'the payment was reversed',
    ],
    [
      'reminder',
      `update invoices set allocated_minor = gross_minor where id = 'inv_1';
       update charge_notes set allocated_fee_minor = 5000, waived_interest_minor = 1147`,
      'everything has been paid',
    ],
    ['approval', `update approvals set status = 'void'`, 'the approval is void'],
    ['task', `update tasks set status = 'resolved', resolved_at = now()`, 'the task is resolved'],
    ['task', `delete from tasks`, 'what it is about is not there'],
  ] as const)('%s after "%s"', async (kind, change, reason) => {
    await desk.db.query(change);
    const id = await desk.queue(kind, subjectOf[kind]);
    expect(await desk.sendMail(id)).toBe('skipped');
    expect(desk.received).toEqual([]);
    expect(await desk.row(id)).toMatchObject({ status: 'skipped', failure: reason, sent_at: null });
    expect(await desk.tasks(id)).toEqual([]);
  });

  test('a mail nobody queued is no error', async () => {
    expect(await desk.sendMail('mail_none')).toBe('unknown');
  });
});
