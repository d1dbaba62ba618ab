import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readInvoiceDocument, readQuoteDocument } from '../../db/documents.js';
import { invoicePdf } from '../../documents/invoicePdf.js';
import { quotePdf } from '../../documents/quotePdf.js';
import { closeCompany, type Desk, openCompany, openDesk } from '../activities/mailDesk.js';
import { textOf } from '../documents/pdfText.js';

const QUOTE = 'quote_01kaz4v8tqfv2r0c0q6c2nq4jd';
const ADDED_LINE = `
  insert into invoice_lines (id, invoice_id, position, order_line_id, quantity, net_minor, tax_minor, gross_minor,
    tax_treatment, tax_rate_bps) values ('iline_3', 'inv_1', 2, 'oline_2', 1.5, 5000, 0, 5000, 'E', 0);
  insert into invoice_taxes values ('inv_1', 'E', 0, 5000, 0)`;

let desk: Desk;
beforeAll(async () => {
  await openCompany();
  desk = await openDesk();
});
afterAll(async () => {
  await desk.close();
  await closeCompany();
});

const plain = (pages: readonly string[]): string => pages.join('\n').replaceAll('\u00a0', ' ');

describe('a quote from its rows', () => {
  test('is complete: parties, line, tax, terms, and the day it was offered in the seller’s zone', async () => {
    const quote = await readQuoteDocument(desk.working, { quoteId: QUOTE, revision: 2 });
    expect(quote).toMatchObject({
      language: 'en',
      number: 'Q-0Q6C2NQ4JD',
      revision: 2,
      issuedOn: '2026-11-22',
      validUntilOn: '2026-12-22',
      paymentTerms: { kind: 'net', days: 30 },
      seller: {
        legalName: 'Núñez y Peña S.L.',
        address: { street: ['Calle de Alcalá 1'], postalCode: '28009', city: 'Madrid', country: 'ES' },
      },
      customer: { legalName: 'Globex GmbH', country: 'DE', address: { city: 'Berlin' } },
      currency: 'EUR',
      netMinor: 180_000n,
      taxMinor: 37_800n,
      grossMinor: 217_800n,
    });
    expect(quote?.lines).toMatchObject([
      {
        sku: 'PUMP',
        unit: 'piece',
        quantityMicro: 2_000_000n,
        unitPriceMicro: 1_000_000_000n,
        discountBps: 1000,
      },
    ]);
    expect(quote?.taxes).toMatchObject([
      { treatment: 'S', rateBps: 2100, netMinor: 180_000n, taxMinor: 37_800n, exemption: null },
    ]);
  });

  test('is printed in the language asked for', async () => {
    const quote = await readQuoteDocument(desk.working, { quoteId: QUOTE, revision: 2 }, 'es');
    if (!quote) throw new RangeError('no quote');
    const text = plain(textOf(await quotePdf(quote, { compress: false })));
    expect(text).toContain('Q-0Q6C2NQ4JD');
    expect(text).toContain('2.178,00 €');
    expect(text).toContain('22 de diciembre de 2026');
  });

  test('as a draft has the dates it would have had', async () => {
    await desk.db.query(`update quote_revisions set valid_until = null where revision = 3`);
    const quote = await readQuoteDocument(desk.working, { quoteId: QUOTE, revision: 3 });
    expect(quote).toMatchObject({ issuedOn: '2026-11-20', validUntilOn: '2026-12-20' });
  });

  test('late in the evening UTC is dated the next day in Madrid', async () => {
    await desk.db.query(`update quote_revisions set offered_at = '2026-11-22T23:30Z' where revision = 2`);
    const quote = await readQuoteDocument(desk.working, { quoteId: QUOTE, revision: 2 });
    expect(quote?.issuedOn).toBe('2026-11-23');
  });

  test.each([
    [QUOTE, 4],
    ['quote_none', 1],
  ])('%s/%s is none', async (quoteId, revision) => {
    expect(await readQuoteDocument(desk.working, { quoteId, revision })).toBeUndefined();
  });
});

describe('an invoice from its rows', () => {
  test('is complete, with the price and discount that were quoted', async () => {
    expect(await readInvoiceDocument(desk.working, 'inv_1')).toMatchObject({
      kind: 'invoice',
      number: 'INV-000042',
      issuedOn: '2026-11-22',
      taxPointOn: '2026-11-20',
      dueOn: '2026-12-22',
      orderNumber: 'ORD-000031',
      purchaseOrder: 'PO 4711',
      paymentTerms: { kind: 'net', days: 30 },
      lines: [{ unitPriceMicro: 1_000_000_000n, discountBps: 1000, netMinor: 180_000n }],
      taxes: [{ treatment: 'S', rateBps: 2100, netMinor: 180_000n, taxMinor: 37_800n }],
      grossMinor: 217_800n,
    });
  });

  test('a credit note names the invoice it corrects', async () => {
    const note = await readInvoiceDocument(desk.working, 'inv_2', 'es');
    expect(note).toMatchObject({
      kind: 'credit_note',
      number: 'CN-000003',
      credits: { number: 'INV-000042', issuedOn: '2026-11-22' },
    });
    if (!note) throw new RangeError('no credit note');
    expect(plain(textOf(await invoicePdf(note, { compress: false })))).toContain('Factura rectificativa');
  });

  test('a line without a quoted price and a reason for no tax are printed', async () => {
    await desk.db.query(`insert into order_lines select 'oline_2', order_id, 2, product_id, 'COURSE', 'Training',
      'services', 'hour', charged_on, 1.5, 0, 0, 5000, 0, 0, 'E', 0, 'exempt', 'VATEX-EU-132-1I'
      from order_lines where id = 'oline_1'; ${ADDED_LINE}`);
    const invoice = await readInvoiceDocument(desk.working, 'inv_1');
    expect(invoice?.lines[1]).toMatchObject({
      sku: 'COURSE',
      quantityMicro: 1_500_000n,
      unitPriceMicro: null,
    });
    expect(invoice?.taxes).toMatchObject([
      { treatment: 'E', exemption: 'VATEX-EU-132-1I' },
      { treatment: 'S', exemption: null },
    ]);
    if (!invoice) throw new RangeError('no invoice');
    expect(plain(textOf(await invoicePdf(invoice, { compress: false })))).toContain('Training');
  });

  test('a customer without an address is printed by name and country', async () => {
    await desk.db.query(`update accounts set bill_to = '{}'`);
    const invoice = await readInvoiceDocument(desk.working, 'inv_1');
    expect(invoice?.customer).toMatchObject({ address: null, country: 'DE' });
    if (!invoice) throw new RangeError('no invoice');
    expect(plain(textOf(await invoicePdf(invoice, { compress: false })))).toContain('Germany');
  });

  test('one nobody issued is none', async () => {
    expect(await readInvoiceDocument(desk.working, 'inv_none')).toBeUndefined();
  });
});
