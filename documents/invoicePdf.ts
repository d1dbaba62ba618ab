// Decides how an invoice and a credit note look on paper: what stands where, and how it is to be paid.
import type { Content } from 'pdfmake/interfaces.js';
import { dateText, ibanText, moneyText } from './formats.js';
import { lineTable } from './lineTable.js';
import { CONTENT_WIDTH, dayFact, type Fact, factTable, letterhead, pageOf, section } from './page.js';
import { printPdf } from './pdf.js';
import { summary } from './summary.js';
import { TEXTS, termsText } from './texts.js';
import type { CreditNote, InvoiceDocument, IssuedInvoice, PdfOptions } from './types.js';

/**
 * Renders an invoice or a credit note as PDF (A4). Equal input gives equal bytes. RangeError for a date,
 * country or currency that does not exist. Latin, Greek and Cyrillic letters are printed; others have no
 * glyph in the font.
 */
export async function invoicePdf(invoice: InvoiceDocument, options: PdfOptions = {}): Promise<Buffer> {
  const texts = TEXTS[invoice.language];
  const credits = invoice.kind === 'credit_note';
  const title = credits ? texts.creditNote : texts.invoice;
  const definition = pageOf(invoice, title, [
    ...letterhead(invoice, title, factsOf(invoice)),
    lineTable(invoice),
    summary(invoice, credits ? texts.totalCredited : texts.totalInvoiced),
    credits ? correction(invoice) : payment(invoice),
  ]);
  return printPdf(definition, invoice.issuedOn, options);
}

function factsOf(invoice: InvoiceDocument): Fact[] {
  const { language, customer, orderNumber, purchaseOrder } = invoice;
  const texts = TEXTS[language];
  const facts: Fact[] = [
    [texts.number, invoice.number],
    dayFact(texts.issued, invoice.issuedOn, language),
    dayFact(texts.taxPoint, invoice.taxPointOn, language),
  ];
  if (invoice.kind === 'invoice') facts.push(dayFact(texts.due, invoice.dueOn, language));
  else facts.push([texts.originalInvoice, invoice.credits.number]);
  if (orderNumber !== null) facts.push([texts.order, orderNumber]);
  if (purchaseOrder !== null) facts.push([texts.purchaseOrder, purchaseOrder]);
  if (customer.customerNumber !== null) facts.push([texts.customerNumber, customer.customerNumber]);
  return facts;
}

function payment(invoice: IssuedInvoice): Content {
  const { language, seller } = invoice;
  const texts = TEXTS[language];
  const amount = moneyText(invoice.grossMinor, invoice.currency, language);
  const account: Fact[] = [];
  if (seller.iban !== null) account.push([texts.iban, ibanText(seller.iban)]);
  if (seller.iban !== null && seller.bic) account.push([texts.bic, seller.bic]);
  account.push([texts.reference, invoice.number]);
  return section(texts.payment, [
    { text: termsText(invoice.paymentTerms, language) },
    ...(invoice.grossMinor > 0n ? [{ text: texts.payBy(amount, dateText(invoice.dueOn, language)) }] : []),
    { ...factTable(account, CONTENT_WIDTH), margin: [0, 4, 0, 0] },
  ]);
}

function correction({ credits, reason, language }: CreditNote): Content {
  const texts = TEXTS[language];
  const sentence = texts.credited(credits.number, dateText(credits.issuedOn, language));
  const why: Content[] = reason === null ? [] : [{ text: `${texts.creditReason}: ${reason}` }];
  return section(texts.correction, [{ text: sentence }, ...why]);
}
