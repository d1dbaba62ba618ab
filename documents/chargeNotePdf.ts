// Decides how a charge note looks on paper: what is charged and for which invoice, how interest was counted,
// that it is outside the scope of VAT, and how it is to be paid.
import type { Content, TableCell } from 'pdfmake/interfaces.js';
import { amountText, dateText, ibanText, moneyText, percentText } from './formats.js';
import {
  COLOURS,
  CONTENT_WIDTH,
  dayFact,
  type Fact,
  factTable,
  letterhead,
  pageOf,
  RULED,
  section,
} from './page.js';
import { printPdf } from './pdf.js';
import { TEXTS } from './texts.js';
import type { ChargeNoteDocument, PdfOptions } from './types.js';
import { widestOf } from './widths.js';

const FONT_SIZE = 8.5;
const LABEL_SIZE = 7;
const TOTAL_SIZE = 11;
/** Left and right padding of a cell together, as `RULED` sets it. */
const PADDING = 8;

/** Renders a charge note as PDF (A4). Equal input gives equal bytes. RangeErrors as of `invoicePdf`. */
export async function chargeNotePdf(note: ChargeNoteDocument, options: PdfOptions = {}): Promise<Buffer> {
  const texts = TEXTS[note.language];
  const definition = pageOf(note, texts.chargeNote, [
    ...letterhead(note, texts.chargeNote, factsOf(note)),
    chargeTable(note),
    ...interestTable(note),
    { text: texts.taxNotes.O, margin: [0, 10, 0, 0] },
    payment(note),
  ]);
  return printPdf(definition, note.issuedOn, options);
}

function factsOf({ language, number, issuedOn, dueOn, invoice, customer }: ChargeNoteDocument): Fact[] {
  const texts = TEXTS[language];
  const facts: Fact[] = [
    [texts.number, number],
    dayFact(texts.issued, issuedOn, language),
    dayFact(texts.due, dueOn, language),
    [texts.chargedInvoice, invoice.number],
  ];
  if (customer.customerNumber !== null) facts.push([texts.customerNumber, customer.customerNumber]);
  return facts;
}

const label = (text: string, alignment: 'left' | 'right' = 'left'): TableCell => ({
  text,
  alignment,
  fontSize: LABEL_SIZE,
  color: COLOURS.quiet,
});
const number = (text: string): TableCell => ({ text, alignment: 'right', noWrap: true });

function chargeTable({ language, currency, level, lines, totalMinor }: ChargeNoteDocument): Content {
  const texts = TEXTS[language];
  const total = moneyText(totalMinor, currency, language);
  // The medium weight of the total is a little wider than the regular one that is measured.
  const width = Math.ceil(widestOf([total], TOTAL_SIZE) * 1.04) + 2;
  return {
    fontSize: FONT_SIZE,
    table: {
      headerRows: 1,
      widths: [CONTENT_WIDTH - width - PADDING, width],
      body: [
        [label(texts.description), label(texts.chargeAmount, 'right')],
        ...lines.map(({ kind, amountMinor }) => [
          { text: texts.charges[kind](level) },
          number(amountText(amountMinor, currency, language)),
        ]),
        [
          { text: texts.totalCharged, bold: true, fontSize: TOTAL_SIZE },
          { text: total, bold: true, fontSize: TOTAL_SIZE, alignment: 'right', noWrap: true },
        ],
      ],
    },
    layout: RULED,
  };
}

function interestTable({ language, currency, lines }: ChargeNoteDocument): Content[] {
  const texts = TEXTS[language];
  const periods = lines.flatMap((line) => line.periods ?? []);
  if (periods.length === 0) return [];
  const amounts = periods.map(({ principalMinor }) => amountText(principalMinor, currency, language));
  const rates = periods.map(({ rateBps }) => percentText(rateBps, language));
  const widths = [
    widestOf([texts.principal, ...amounts], FONT_SIZE),
    widestOf([texts.rate, ...rates], FONT_SIZE),
  ];
  const [amountWidth = 0, rateWidth = 0] = widths.map((width) => Math.max(48, Math.ceil(width) + 2));
  return [
    {
      fontSize: FONT_SIZE,
      margin: [0, 18, 0, 0],
      table: {
        headerRows: 1,
        dontBreakRows: true,
        widths: [CONTENT_WIDTH - amountWidth - rateWidth - 2 * PADDING, amountWidth, rateWidth],
        body: [
          [label(texts.interestPeriod), label(texts.principal, 'right'), label(texts.rate, 'right')],
          ...periods.map(({ fromOn, untilOn, days }, index) => [
            { text: texts.interestOf(dateText(fromOn, language), dateText(untilOn, language), days) },
            number(amounts[index] ?? ''),
            number(rates[index] ?? ''),
          ]),
        ],
      },
      layout: RULED,
    },
    { text: texts.interestRule, fontSize: LABEL_SIZE, color: COLOURS.quiet, margin: [0, 3, 0, 0] },
  ];
}

function payment(note: ChargeNoteDocument): Content {
  const { language, seller, invoice, currency, totalMinor, dueOn } = note;
  const texts = TEXTS[language];
  const account: Fact[] = [];
  if (seller.iban !== null) account.push([texts.iban, ibanText(seller.iban)]);
  if (seller.iban !== null && seller.bic) account.push([texts.bic, seller.bic]);
  account.push([texts.reference, note.number]);
  const issued = dateText(invoice.issuedOn, language);
  return section(texts.payment, [
    { text: texts.chargedInvoiceOf(invoice.number, issued, dateText(invoice.dueOn, language)) },
    { text: texts.payBy(moneyText(totalMinor, currency, language), dateText(dueOn, language)) },
    { ...factTable(account, CONTENT_WIDTH), margin: [0, 4, 0, 0] },
  ]);
}
