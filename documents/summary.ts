// Decides how a document ends in money: tax per treatment and rate, totals, and the notes the law wants.
import type { Content, CustomTableLayout } from 'pdfmake/interfaces.js';
import { amountText, moneyText, percentText } from './formats.js';
import { COLOURS, CONTENT_WIDTH, plain, RULED } from './page.js';
import { TEXTS, taxNote } from './texts.js';
import type { Sale } from './types.js';
import { widestOf } from './widths.js';

const TAX_SIZE = 8;
const TOTAL_SIZE = 11;
const TOTAL_LABEL_WIDTH = 84;
const GAP = 30;
/** Below it the name of a treatment would fall into pieces: then the totals stand under the taxes. */
const MIN_LABEL_WIDTH = 76;

/**
 * The tax per treatment and rate, the totals beside it (under it where amounts are very long) and the notes
 * of the treatments: never torn apart by a page.
 */
export function summary(sale: Sale, totalLabel: string): Content {
  const { currency, language, grossMinor, netMinor, taxMinor, taxes } = sale;
  const amounts = taxes.flatMap((tax) => [tax.netMinor, tax.taxMinor]);
  const totals = [grossMinor, netMinor, taxMinor].map((minor) => moneyText(minor, currency, language));
  // The total is set in the medium weight, which is a little wider than the regular one that was measured.
  const totalWidth = Math.ceil(widestOf(totals, TOTAL_SIZE) * 1.04);
  const totalsWidth = TOTAL_LABEL_WIDTH + totalWidth + 8;
  const amountWidth = Math.max(
    56,
    widestOf(
      amounts.map((minor) => amountText(minor, currency, language)),
      TAX_SIZE,
    ),
  );
  const labelWidth = (width: number) => width - 2 * amountWidth - RATE_WIDTH - 3 * 8;
  const beside = labelWidth(CONTENT_WIDTH - totalsWidth - GAP) >= MIN_LABEL_WIDTH;
  const taxWidth = beside ? CONTENT_WIDTH - totalsWidth - GAP : CONTENT_WIDTH;
  const taxPart = taxTable(sale, [labelWidth(taxWidth), RATE_WIDTH, amountWidth, amountWidth]);
  const totalPart = totalTable(sale, totalLabel, [TOTAL_LABEL_WIDTH, totalWidth]);
  const tables: Content[] = beside
    ? [
        {
          columns: [
            { width: taxWidth, ...taxPart },
            { width: totalsWidth, ...totalPart },
          ],
          columnGap: GAP,
        },
      ]
    : [taxPart, { ...totalPart, margin: [CONTENT_WIDTH - totalsWidth, 10, 0, 0] }];
  return { unbreakable: true, margin: [0, 16, 0, 0], stack: [...tables, ...taxNotes(sale)] };
}

const RATE_WIDTH = 34;

function totalTable(sale: Sale, totalLabel: string, widths: number[]) {
  const { currency, language, netMinor, taxMinor, grossMinor } = sale;
  const texts = TEXTS[language];
  const money = (amountMinor: bigint) => ({
    text: moneyText(amountMinor, currency, language),
    alignment: 'right' as const,
    noWrap: true,
  });
  const strong = { bold: true, fontSize: TOTAL_SIZE };
  return {
    table: {
      widths,
      body: [
        [{ text: texts.totalNet, color: COLOURS.quiet }, money(netMinor)],
        [{ text: texts.totalTax, color: COLOURS.quiet }, money(taxMinor)],
        [
          { text: totalLabel, ...strong },
          { ...money(grossMinor), ...strong },
        ],
      ],
    },
    layout: TOTALS,
  };
}

const TOTALS: CustomTableLayout = {
  ...RULED,
  hLineWidth: (row, node) => (row === node.table.body.length - 1 ? 0.8 : 0),
  hLineColor: () => COLOURS.accent,
  paddingTop: () => 3,
  paddingBottom: () => 3,
};

function taxTable({ taxes, currency, language }: Sale, widths: number[]) {
  const texts = TEXTS[language];
  const label = (text: string, alignment: 'left' | 'right') => ({
    text,
    alignment,
    fontSize: 7,
    color: COLOURS.quiet,
  });
  const number = (text: string) => ({ text, alignment: 'right' as const, noWrap: true });
  return {
    fontSize: TAX_SIZE,
    table: {
      headerRows: 1,
      widths,
      body: [
        [
          label(texts.taxTreatment, 'left'),
          label(texts.rate, 'right'),
          label(texts.taxBase, 'right'),
          label(texts.tax, 'right'),
        ],
        ...taxes.map((tax) => [
          { text: texts.treatments[tax.treatment] },
          number(percentText(tax.rateBps, language)),
          number(amountText(tax.netMinor, currency, language)),
          number(amountText(tax.taxMinor, currency, language)),
        ]),
      ],
    },
    layout: RULED,
  };
}

function taxNotes({ taxes, language }: Sale): Content[] {
  const notes = new Set(taxes.map(({ treatment, exemption }) => taxNote(treatment, exemption, language)));
  notes.delete('');
  return [...notes].map((text): Content => ({ text: plain(text), margin: [0, 8, 0, 0] }));
}
