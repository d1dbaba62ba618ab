// Decides how a definition becomes the bytes of a PDF: fonts, no access to network or files, a fixed date.
// pdfmake changes the definition it is given, so callers build a new one for each document.
import { createRequire } from 'node:module';
import pdfmake from 'pdfmake';
import type { TDocumentDefinitions, TFontDictionary } from 'pdfmake/interfaces.js';
import type { PdfOptions } from './types.js';

const ROBOTO = createRequire(import.meta.url)('pdfmake/fonts/Roboto.js') as TFontDictionary;
const FONT_FILES: ReadonlySet<unknown> = new Set(
  Object.values(ROBOTO).flatMap((font) => Object.values(font)),
);

pdfmake.setFonts(ROBOTO);
// A document is made of its data alone: nothing a customer wrote can make the server fetch or open anything.
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy((path) => FONT_FILES.has(path));

/**
 * Prints a definition. `issuedOn` is the creation date inside the file, at midnight UTC: with it the same
 * definition gives the same bytes on any day.
 */
export async function printPdf(
  definition: TDocumentDefinitions,
  issuedOn: string,
  { compress = true }: PdfOptions,
): Promise<Buffer> {
  const creationDate = new Date(`${issuedOn}T00:00:00Z`);
  const printable = { ...definition, compress, info: { ...definition.info, creationDate } };
  return pdfmake.createPdf(printable).getBuffer();
}
