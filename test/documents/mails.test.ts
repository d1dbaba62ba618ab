import { describe, expect, test } from '@jest/globals';
import { renderMail } from '../../documents/mails.js';
import { MAIL_TEMPLATES, type MailData, type MailTemplate } from '../../documents/mailTypes.js';
import { LANGUAGES } from '../../documents/types.js';

const TO = { recipientName: 'Ana Núñez', sellerName: 'Peña S.L.', url: 'https://example.test/q/1?a=1&b=2' };
const MONEY = { currency: 'EUR', amountMinor: 123_450n };
const APPROVAL = {
  ...TO,
  ...MONEY,
  quoteNumber: 'Q-17',
  revision: 2,
  discountBps: 1_550,
  why: 'The total is large',
  decideByOn: '2026-11-24',
};

const DATA: MailData = {
  offer: { ...TO, ...MONEY, quoteNumber: 'Q-17', revision: 2, validUntilOn: '2026-12-22' },
  offerReminder: { ...TO, ...MONEY, quoteNumber: 'Q-17', revision: 2, validUntilOn: '2026-12-22' },
  order: {
    ...TO,
    ...MONEY,
    orderNumber: 'O-31',
    orderedOn: '2026-11-22',
    purchaseOrder: 'PO 4711',
    deliverByOn: '2026-12-01',
  },
  cancellation: {
    ...TO,
    ...MONEY,
    orderNumber: 'O-31',
    orderedOn: '2026-11-22',
    purchaseOrder: 'PO 4711',
    cancelledOn: '2026-11-25',
  },
  invoice: {
    ...TO,
    ...MONEY,
    invoiceNumber: 'INV-42',
    dueOn: '2026-12-22',
    iban: 'ES9121000418450200051332',
  },
  creditNote: { ...TO, ...MONEY, creditNoteNumber: 'CN-3', invoiceNumber: 'INV-42' },
  receipt: { ...TO, ...MONEY, invoiceNumber: 'INV-42', paidOn: '2026-12-20', openMinor: 0n },
  reminder: {
    ...TO,
    level: 1,
    currency: 'EUR',
    items: [
      { invoiceNumber: 'INV-42', dueOn: '2026-12-22', openMinor: 100_000n },
      { invoiceNumber: 'INV-43', dueOn: '2026-12-23', openMinor: 23_450n },
    ],
    charges: [],
    totalMinor: 123_450n,
    iban: null,
    announces: null,
  },
  approvalRequest: APPROVAL,
  approvalReminder: APPROVAL,
  escalation: {
    ...TO,
    wait: 'qualification',
    leadId: 'lead_01',
    sinceOn: '2026-11-20',
    dueOn: '2026-11-21',
  },
  task: {
    ...TO,
    title: 'Unknown invoice number',
    toDo: 'Ask the payer.',
    reference: 'payment_01',
    dueOn: null,
  },
};

function mail<T extends MailTemplate>(
  template: T,
  language: 'en' | 'es',
  changes: Partial<MailData[T]> = {},
) {
  return renderMail(template, language, { ...DATA[template], ...changes });
}

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('what a mail says', () => {
  test.each<[MailTemplate, 'en' | 'es', string, string]>([
    ['offer', 'en', 'Your offer Q-17 from Peña S.L.', 'up to and including 22 December 2026'],
    ['offer', 'es', 'Su oferta Q-17 de Peña S.L.', 'hasta el 22 de diciembre de 2026 inclusive'],
    ['offerReminder', 'en', 'Our offer Q-17 is valid until 22 December 2026', 'Amount: €1,234.50'],
    [
      'offerReminder',
      'es',
      'Nuestra oferta Q-17 es válida hasta el 22 de diciembre de 2026',
      'Le recordamos',
    ],
    ['order', 'en', 'Confirmation of your order O-31', 'We will deliver by 1 December 2026.'],
    ['order', 'es', 'Confirmación de su pedido O-31', 'Su pedido: PO 4711'],
    [
      'cancellation',
      'en',
      'Your order O-31 is cancelled',
      'Your order O-31 of 22 November 2026 was cancelled on 25 November 2026.',
    ],
    ['cancellation', 'es', 'Su pedido O-31 ha sido cancelado', 'se canceló el 25 de noviembre de 2026'],
    ['invoice', 'en', 'Invoice INV-42', 'Please pay €1,234.50 by 22 December 2026'],
    ['invoice', 'es', 'Factura INV-42', 'IBAN: ES91 2100 0418 4502 0005 1332'],
    ['creditNote', 'en', 'Credit note CN-3', 'It corrects invoice INV-42.'],
    ['creditNote', 'es', 'Factura rectificativa CN-3', 'que corrige la factura INV-42'],
    ['receipt', 'en', 'We have received your payment for invoice INV-42', 'paid in full'],
    ['receipt', 'es', 'Hemos recibido su pago de la factura INV-42', 'pagada por completo'],
    ['reminder', 'en', 'Payment reminder: INV-42, INV-43', 'INV-43 | 23 December 2026 | €234.50'],
    ['reminder', 'es', 'Recordatorio de pago: INV-42, INV-43', 'Total | 1.234,50 €'],
    ['approvalRequest', 'en', 'Approval needed: quote Q-17/2', 'Discount: 15.5%'],
    ['approvalRequest', 'es', 'Aprobación necesaria: oferta Q-17/2', 'Descuento: 15,5 %'],
    ['approvalReminder', 'en', 'Still waiting for your approval: quote Q-17/2', 'decide by 24 November 2026'],
    ['approvalReminder', 'es', 'Aún falta su aprobación: oferta Q-17/2', '24 de noviembre de 2026'],
    ['escalation', 'en', 'Overdue: Qualification (lead_01)', 'Was due on: 21 November 2026'],
    ['escalation', 'es', 'Fuera de plazo: Cualificación (lead_01)', 'Vencía el: 21 de noviembre de 2026'],
    ['task', 'en', 'Task: Unknown invoice number', 'Reference: payment_01'],
    ['task', 'es', 'Tarea: Unknown invoice number', 'Referencia: payment_01'],
  ])('%s in %s: %s', (template, language, subject, sentence) => {
    const written = mail(template, language);
    expect(plain(written.subject)).toBe(subject);
    expect(plain(written.text).replaceAll(/ +/g, ' ')).toContain(sentence);
    expect(written.text).toContain('Ana Núñez');
    expect(written.text).toContain('Peña S.L.');
    expect(written.text).toContain('https://example.test/q/1?a=1&b=2');
    expect(written.html).toContain(`<html lang="${language}">`);
    expect(written.html).toContain('href="https://example.test/q/1?a=1&amp;b=2"');
  });

  test.each<[number, boolean, string, string]>([
    [1, false, 'Payment reminder: INV-42', 'It may have escaped your notice'],
    [2, false, 'Payment reminder no. 2: INV-42', 'In spite of our reminder,'],
    [3, true, 'Last payment reminder: INV-42', 'In spite of our reminders,'],
    [1, true, 'Last payment reminder: INV-42', 'It may have escaped your notice'],
  ])('a reminder of level %i, last %s, is titled %s', (level, last, subject, intro) => {
    const announces = last ? ({ action: 'task', on: '2027-01-31' } as const) : null;
    const items = DATA.reminder.items.slice(0, 1);
    const written = mail('reminder', 'en', { level, announces, items });
    expect(written.subject).toBe(subject);
    expect(written.text).toContain(intro);
    expect(plain(written.text).includes('If nothing arrives by 31 January 2027, we pass')).toBe(last);
  });

  test('the last level names a write-off, and the charge notes: the new ones by what they charge', () => {
    const announces = { action: 'write_off', on: '2027-01-31' } as const;
    const charges = [
      { number: 'CH-7', dueOn: '2026-12-30', openMinor: 500n, isNew: false },
      { number: 'CH-9', dueOn: '2027-01-10', openMinor: 4_000n, isNew: true },
    ];
    const changes = { level: 3, announces, charges, totalMinor: 127_950n };
    const text = plain(mail('reminder', 'en', changes).text);
    expect(text).toContain('by 31 January 2027, we record the debt as unpaid');
    expect(text).toContain('Charge note CH-7 | 30 December 2026 | €5.00');
    expect(text).toContain('we charge €40.00 by the attached charge note CH-9;');
    expect(text).toContain('the total of €1,279.50');
    const spanish = plain(mail('reminder', 'es', changes).text);
    expect(spanish).toContain('cargamos 40,00 € en la nota de cargo adjunta CH-9;');
    const paid = mail('reminder', 'en', { ...changes, items: [] });
    expect(paid.subject).toBe('Last payment reminder: CH-7, CH-9');
  });

  test('a part payment says what is still open', () => {
    expect(mail('receipt', 'en', { openMinor: 1n }).text).toContain('€0.01 of the invoice is still open.');
  });

  test.each(MAIL_TEMPLATES.flatMap((template) => LANGUAGES.map((language) => [template, language] as const)))(
    '%s in %s without name and link greets and closes all the same',
    (template, language) => {
      const written = mail(template, language, { recipientName: null, url: null });
      expect(written.text).not.toMatch(/null|undefined|http/);
      expect(written.html).not.toMatch(/null|undefined|href/);
      expect(written.text.split('\n')[0]).toMatch(/^(Dear customer,|Hello,|Estimado cliente:|Hola:)$/);
    },
  );
});

describe('what nobody can do through a mail', () => {
  const EVIL = `<script>alert("x")</script>&'\r\nBcc: thief@example.test`;

  test('words of others are escaped in HTML and never break a line of the subject', () => {
    for (const template of MAIL_TEMPLATES) {
      const written = mail(template, 'en', { recipientName: EVIL, sellerName: EVIL });
      expect(written.html).not.toContain('<script');
      expect(written.html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39; Bcc');
      expect(written.subject).not.toMatch(/[\r\n]/);
      expect(written.text).not.toMatch(/^Bcc/m);
    }
    expect(mail('task', 'en', { title: EVIL }).subject).toBe(
      `Task: <script>alert("x")</script>&' Bcc: thief@example.test`,
    );
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', '/relative', 'file:///etc/passwd'])(
    'the link %s is refused',
    (url) => {
      expect(() => mail('offer', 'en', { url })).toThrow(RangeError);
    },
  );

  test('a reminder needs a level and an invoice', () => {
    expect(() => mail('reminder', 'en', { level: 0 })).toThrow(/0 is no dunning level/);
    expect(() => mail('reminder', 'en', { items: [] })).toThrow(/without an open invoice or charge note/);
  });
});
