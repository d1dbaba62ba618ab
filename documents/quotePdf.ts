// Decides how a quote looks on paper: what stands where, and until when the customer can accept.
import { dateText } from './formats.js';
import { lineTable } from './lineTable.js';
import { dayFact, type Fact, letterhead, pageOf, section } from './page.js';
import { printPdf } from './pdf.js';
import { summary } from './summary.js';
import { TEXTS, termsText } from './texts.js';
import type { PdfOptions, QuoteDocument } from './types.js';

/**
 * Renders a quote as PDF (A4). Equal input gives equal bytes. RangeError for a date, country or currency that
 * does not exist. Latin, Greek and Cyrillic letters are printed; others have no glyph in the font.
 */
export async function quotePdf(quote: QuoteDocument, options: PdfOptions = {}): Promise<Buffer> {
  const { language, customer } = quote;
  const texts = TEXTS[language];
  const facts: Fact[] = [
    [texts.number, `${quote.number}, ${texts.revision(quote.revision)}`],
    dayFact(texts.issued, quote.issuedOn, language),
    dayFact(texts.validUntil, quote.validUntilOn, language),
  ];
  if (quote.requestedDeliveryOn !== null) {
    facts.push(dayFact(texts.requestedDelivery, quote.requestedDeliveryOn, language));
  }
  if (customer.customerNumber !== null) facts.push([texts.customerNumber, customer.customerNumber]);
  const definition = pageOf(quote, texts.quote, [
    ...letterhead(quote, texts.quote, facts),
    lineTable(quote),
    summary(quote, texts.totalQuoted),
    section(texts.conditions, [
      { text: texts.validity(dateText(quote.validUntilOn, language)) },
      { text: termsText(quote.paymentTerms, language) },
    ]),
  ]);
  return printPdf(definition, quote.issuedOn, options);
}
