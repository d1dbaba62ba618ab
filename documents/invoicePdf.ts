// Decides how an invoice and a credit note look on paper: what stands where, and how it is to be paid.
import type { InvoiceDocument, PdfOptions } from './types.js';

/** Renders an invoice or credit note as PDF (A4). Equal input gives equal bytes. */
export async function invoicePdf(invoice: InvoiceDocument, options: PdfOptions = {}): Promise<Buffer> {
  throw new RangeError(`not rendered yet: ${invoice.number} ${options.compress}`);
}
