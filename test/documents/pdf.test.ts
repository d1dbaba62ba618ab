import { describe, expect, test } from '@jest/globals';
import { chargeNotePdf } from '../../documents/chargeNotePdf.js';
import { invoicePdf } from '../../documents/invoicePdf.js';
import { printPdf } from '../../documents/pdf.js';
import { quotePdf } from '../../documents/quotePdf.js';
import { termsText } from '../../documents/texts.js';
import type { DocumentTax, InvoiceDocument, QuoteDocument } from '../../documents/types.js';
import type { PaymentTerms } from '../../domain/invoices/terms.js';
import { pagesOf, textOf } from './pdfText.js';
import { CHARGE_NOTE, CREDIT_NOTE, INVOICE, LINES, longInvoice, QUOTE } from './samples.js';

const PLAIN = { compress: false };

async function textOfInvoice(invoice: InvoiceDocument): Promise<string> {
  return textOf(await invoicePdf(invoice, PLAIN)).join('\n');
}

async function textOfQuote(quote: QuoteDocument): Promise<string> {
  return textOf(await quotePdf(quote, PLAIN)).join('\n');
}

describe('a quote as PDF', () => {
  test('an English quote says who offers what to whom, at which price and until when', async () => {
    const text = await textOfQuote(QUOTE);
    for (const expected of [
      '\nQuote\n',
      'Müller & Søn GmbH',
      '10115 Berlin',
      'Germany',
      'VAT ID: DE123456788',
      'Number | Q-2026-00017, revision 2',
      'Valid until | 22 December 2026',
      'Requested delivery | 15 January 2027',
      '1 | Bomba centrífuga de 200 l/min, ¿con señal? sí | 10 | pc | 1,234.50 | 15% | 21% | 10,493.25',
      'PUMP-200',
      '2 | Commissioning on site | 2.5 | h | 80.00 | 21% | 200.00',
      '3 | Printed manual | 3 | pc | 9.125 | 4% | 27.38',
      '€10,720.63',
      'Total | €12,967.31',
      'This offer can be accepted up to and including 22 December 2026.',
      'Payable within 30 days of issue, without deduction.',
      'Page 1 of 1',
    ]) {
      expect(text).toContain(expected);
    }
  });

  test('a Spanish quote is Spanish throughout, with Spanish marks and the same amounts', async () => {
    const text = await textOfQuote({ ...QUOTE, language: 'es' });
    for (const expected of [
      '\nOferta\n',
      'Alemania',
      'Válida hasta | 22 de diciembre de 2026',
      '10 | ud. | 1.234,50 | 15 % | 21 % | 10.493,25',
      'Total | 12.967,31 €',
      'Esta oferta puede aceptarse hasta el 22 de diciembre de 2026 inclusive.',
      'Página 1 de 1',
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/Quote|Valid|Payable|Net total/);
  });

  test('a quote without discounts, VAT id, address and delivery date leaves no empty labels', async () => {
    const text = await textOfQuote({
      ...QUOTE,
      lines: LINES.slice(1),
      requestedDeliveryOn: null,
      seller: { ...QUOTE.seller, vatId: null, iban: null },
      customer: { ...QUOTE.customer, address: null, vatId: null, customerNumber: null },
    });
    expect(text).not.toMatch(/Discount|Requested delivery|VAT ID|IBAN|Customer no/);
    expect(text).toContain('Müller & Søn GmbH');
  });
});

describe('an invoice as PDF', () => {
  test('an invoice carries its dates, both orders, the tax per rate and how to pay', async () => {
    const text = await textOfInvoice(INVOICE);
    for (const expected of [
      'Number | INV-2026-00042',
      'Date of issue | 22 November 2026',
      'Tax point | 20 November 2026',
      'Due date | 22 December 2026',
      'Our order | O-2026-00031',
      'Your order | PO 4711/a',
      'Customer no. | C-10042',
      'Standard | 21% | 10,693.25 | 2,245.58',
      'Standard | 4% | 27.38 | 1.10',
      'Amount due | €12,967.31',
      'Please pay €12,967.31 by 22 December 2026.',
      'IBAN | ES91 2100 0418 4502 0005 1332',
      'BIC | CAIXESBBXXX',
      'Payment reference | INV-2026-00042',
    ]) {
      expect(text).toContain(expected);
    }
  });

  test.each<[PaymentTerms, 'en' | 'es', string]>([
    [{ kind: 'net', days: 0 }, 'en', 'Payable on receipt, without deduction.'],
    [{ kind: 'net', days: 1 }, 'en', 'Payable within 1 day of issue, without deduction.'],
    [{ kind: 'net', days: 30 }, 'es', 'Pago a 30 días de la fecha de expedición, sin descuento.'],
    [{ kind: 'end_of_month', days: 0 }, 'en', 'Payable by the end of the month of issue, without deduction.'],
    [{ kind: 'end_of_month', days: 0 }, 'es', 'Pago a fin del mes de expedición, sin descuento.'],
    [{ kind: 'end_of_month', days: 1 }, 'es', 'Pago a 1 día del fin del mes de expedición, sin descuento.'],
    [
      { kind: 'end_of_month', days: 10 },
      'en',
      'Payable 10 days after the end of the month of issue, without deduction.',
    ],
  ])('terms %j read in %s: %s', (terms, language, sentence) => {
    expect(termsText(terms, language)).toBe(sentence);
  });

  test('an invoice over nothing asks for no payment', async () => {
    expect(await textOfInvoice({ ...INVOICE, grossMinor: 0n })).not.toContain('Please pay');
  });

  test('a credit note names the invoice it corrects and why, and asks for no payment', async () => {
    const text = await textOfInvoice(CREDIT_NOTE);
    for (const expected of [
      '\nFactura rectificativa\n',
      'Rectifica la factura | INV-2026-00042',
      'Total abonado | 12.967,31 €',
      'Esta factura rectifica la factura INV-2026-00042 del 22 de noviembre de 2026.',
      'Motivo: Devolución de la mercancía dañada',
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/Vencimiento|Concepto del pago/);
  });

  test.each<[DocumentTax['treatment'], string | null, 'en' | 'es', string]>([
    ['K', 'VATEX-EU-IC', 'en', 'Intra-Community supply of goods, exempt from VAT (Article 138 of'],
    ['K', 'VATEX-EU-IC', 'es', 'Entrega intracomunitaria de bienes exenta de IVA (artículo 138 de'],
    ['AE', 'VATEX-EU-AE', 'en', 'Reverse charge: VAT is to be accounted for by the customer (Article 196'],
    ['AE', 'VATEX-EU-AE', 'es', 'Inversión del sujeto pasivo: IVA a cargo del cliente'],
    ['G', 'VATEX-EU-G', 'en', 'Export of goods, exempt from VAT.'],
    ['G', 'VATEX-EU-G', 'es', 'Exportación de bienes exenta de IVA.'],
    ['O', 'VATEX-EU-O', 'en', 'Outside the scope of VAT.'],
    ['O', 'VATEX-EU-O', 'es', 'Operación no sujeta a IVA.'],
    ['E', 'VATEX-EU-132-1I', 'en', 'Exempt from VAT: Article 132(1)(i) of Directive 2006/112/EC.'],
    [
      'E',
      'VATEX-EU-132-1I',
      'es',
      'Operación exenta de IVA: artículo 132(1)(i) de la Directiva 2006/112/CE.',
    ],
    ['E', 'Enseñanza reglada.', 'es', 'Operación exenta de IVA: Enseñanza reglada.'],
    ['E', null, 'en', 'Exempt from VAT.'],
    ['Z', null, 'en', 'Zero-rated for VAT.'],
    ['Z', null, 'es', 'Operación a tipo cero de IVA.'],
  ])(
    'a document with treatment %s and reason %s says so in %s',
    async (treatment, exemption, language, note) => {
      const taxes = [{ treatment, rateBps: 0, netMinor: 2_000n, taxMinor: 0n, exemption }];
      expect(await textOfInvoice({ ...INVOICE, language, taxes })).toContain(note);
    },
  );

  test('a document taxed at the standard rate carries no note', async () => {
    expect(await textOfInvoice(INVOICE)).not.toMatch(/exempt|scope|Reverse/i);
  });
});

describe('the page', () => {
  test('500 lines fill pages that repeat the head, count themselves and print every line once', async () => {
    const pages = textOf(await invoicePdf(longInvoice(500), PLAIN));
    expect(pages.length).toBeGreaterThan(10);
    for (const [index, page] of pages.entries()) {
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`);
      expect(page.includes('Invoice INV-2026-00042, continued')).toBe(index > 0);
      if (/\| Item number/.test(page))
        expect(page).toContain('No. | Description | Quantity | Unit | Unit price');
    }
    const skus = [...pages.join('\n').matchAll(/SKU-\d{4}/g)].map(([sku]) => sku);
    expect(skus).toHaveLength(500);
    expect(new Set(skus).size).toBe(500);
    expect(pages.at(-1)).toContain('Amount due | €500.00');
  });

  test('numbers stand under each other at their decimal mark', async () => {
    const runs = pagesOf(await invoicePdf(INVOICE, PLAIN))[0] ?? [];
    const right = (text: string) => runs.find((run) => run.text === text)?.right ?? Number.NaN;
    expect(right('10,493.25')).toBeCloseTo(right('200.00'), 1);
    expect(right('200.00')).toBeCloseTo(right('27.38'), 1);
    expect(right('10,493.25')).toBeCloseTo(545.28, 0);
    // 9.125 has one digit more behind its mark than 80.00: it ends one digit further right.
    expect(right('9.125') - right('80.00')).toBeCloseTo((8.5 * 1151) / 2048, 1);
  });

  test('the largest amounts and the longest names stay between the margins and touch nothing', async () => {
    const huge = 9_223_372_036_854_775_807n;
    const endless = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';
    const invoice: InvoiceDocument = {
      ...INVOICE,
      language: 'es',
      seller: { ...INVOICE.seller, legalName: endless, email: `${'e'.repeat(60)}@${'d'.repeat(60)}.example` },
      customer: { ...INVOICE.customer, legalName: endless },
      number: `INV-${'9'.repeat(60)}`,
      lines: LINES.map((line) => ({
        ...line,
        name: endless,
        sku: 'S'.repeat(64),
        quantityMicro: 999_999_999_999_999_999n,
        unitPriceMicro: 999_999_999_999_999_999n,
        netMinor: huge,
      })),
      taxes: INVOICE.taxes.map((tax) => ({ ...tax, netMinor: huge, taxMinor: huge })),
      netMinor: huge,
      taxMinor: huge,
      grossMinor: huge,
    };
    for (const page of pagesOf(await invoicePdf(invoice, PLAIN))) {
      // A line may end in a blank that hangs over the margin.
      const shown = page.map((run) => ({ ...run, right: run.text.endsWith(' ') ? run.left : run.right }));
      expect(shown.filter(({ left, right }) => left < 49.5 || right > 545.8)).toEqual([]);
      const overlapping = shown.filter((run) =>
        shown.some(
          ({ y, left }) => Math.abs(y - run.y) < 0.5 && left > run.left + 0.5 && left < run.right - 0.5,
        ),
      );
      expect(overlapping).toEqual([]);
    }
  });

  test('the same document gives the same bytes, another date gives others', async () => {
    const first = await invoicePdf(INVOICE);
    const again = await invoicePdf(INVOICE);
    expect(again.equals(first)).toBe(true);
    expect((await invoicePdf({ ...INVOICE, issuedOn: '2026-11-23' })).equals(first)).toBe(false);
    expect((await invoicePdf(INVOICE, PLAIN)).toString('latin1')).toContain('D:20261122000000Z');
  });

  test('accents typed in two parts and line breaks in a name are printed as one line', async () => {
    const customer = { ...INVOICE.customer, legalName: 'Pen\u0303a\r\ne Hijos\u0000' };
    expect(await textOfInvoice({ ...INVOICE, customer })).toContain('Peña e Hijos');
  });

  test('a document never opens a file or an address', async () => {
    const image = (src: string) => printPdf({ content: [{ image: src }] }, '2026-11-22', {});
    await expect(image('/etc/hostname')).rejects.toThrow(/denied/);
    const remote = { content: [{ image: 'logo' }], images: { logo: 'http://127.0.0.1:9/logo.png' } };
    await expect(printPdf(remote, '2026-11-22', {})).rejects.toThrow(/denied/);
  });

  test.each([
    ['a day that does not exist', { ...INVOICE, dueOn: '2026-02-30' }, /2026-02-30/],
    ['a currency that does not exist', { ...INVOICE, currency: 'EURO' }, /EURO/],
    [
      'a country that does not exist',
      { ...INVOICE, customer: { ...INVOICE.customer, country: 'Germany' } },
      /Germany/,
    ],
  ])('%s is refused and named', async (_what, invoice, named) => {
    await expect(invoicePdf(invoice)).rejects.toThrow(named);
  });
});

describe('a charge note as PDF', () => {
  const textOfCharge = async (note = CHARGE_NOTE) => textOf(await chargeNotePdf(note, PLAIN)).join('\n');

  test('an English note says what is charged for which invoice, and how interest was counted', async () => {
    const text = await textOfCharge();
    for (const expected of [
      '\nCharge note\n',
      'Müller & Søn GmbH',
      'Number | CH-2026-00007',
      'For invoice | INV-2026-00042',
      'Reminder fee (reminder no. 2) | 5.00',
      'Flat compensation for late payment | 40.00',
      'Late interest | 51.23',
      'Amount due | €96.23',
      '1 June 2026 to 30 June 2026 (30 days) | 12,967.31 | 10.15%',
      '1 July 2026 to 1 July 2026 (1 day) | 12,967.31 | 10.4%',
      'Outside the scope of VAT.',
      'Invoice INV-2026-00042 of 1 May 2026 was due on 31 May 2026 and is still unpaid.',
      'Please pay €96.23 by 22 November 2026.',
      'Payment reference | CH-2026-00007',
      'Page 1 of 1',
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/VAT breakdown|Net total|Taxable/);
  });

  test('a Spanish note is Spanish throughout, with the same amounts', async () => {
    const text = await textOfCharge({ ...CHARGE_NOTE, language: 'es' });
    for (const expected of [
      '\nNota de cargo\n',
      'Gastos de reclamación (recordatorio n.º 2) | 5,00',
      'Indemnización fija por demora | 40,00',
      'Intereses de demora | 51,23',
      'Total a pagar | 96,23 €',
      '(144 días) | 967,31 | 10,4 %',
      'Operación no sujeta a IVA.',
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/Charge|Reminder|interest|Payment/);
  });

  test('a fee alone shows no table of interest', async () => {
    const fee = { ...CHARGE_NOTE, lines: CHARGE_NOTE.lines.slice(0, 1), totalMinor: 500n };
    const text = await textOfCharge(fee);
    expect(text).toContain('Amount due | €5.00');
    expect(text).not.toContain('Simple interest');
  });

  test('amounts of any length stay inside the page', async () => {
    const lines = CHARGE_NOTE.lines.map((line) => ({ ...line, amountMinor: 123_456_789_012_345n }));
    const [page] = pagesOf(
      await chargeNotePdf({ ...CHARGE_NOTE, lines, totalMinor: 370_370_367_037_035n }, PLAIN),
    );
    for (const { left, right } of page ?? []) {
      expect(left).toBeGreaterThanOrEqual(49);
      expect(right).toBeLessThanOrEqual(546);
    }
  });

  test('the same note gives the same bytes', async () => {
    expect((await chargeNotePdf(CHARGE_NOTE)).equals(await chargeNotePdf(CHARGE_NOTE))).toBe(true);
  });
});
