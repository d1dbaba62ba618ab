// Decides how a quote looks on paper: what stands where, and what the customer is asked to do.
import type { PdfOptions, QuoteDocument } from './types.js';

/** Renders a quote as PDF (A4). Equal input gives equal bytes. RangeError for a date or currency that is none. */
export async function quotePdf(quote: QuoteDocument, options: PdfOptions = {}): Promise<Buffer> {
  throw new RangeError(`not rendered yet: ${quote.number} ${options.compress}`);
}
