// Decides how the lines of a document are set: which columns, how wide, and numbers aligned at their decimal
// mark. Widths are fixed from the longest number before layout, so that no number ever breaks or overlaps.
import type { Content, TableCell } from 'pdfmake/interfaces.js';
import { amountText, percentText, quantityText, unitPriceText } from './formats.js';
import { COLOURS, CONTENT_WIDTH, plain, RULED } from './page.js';
import { TEXTS, type Texts, unitText } from './texts.js';
import type { DocumentLine, Language, Sale } from './types.js';
import { widestOf, widthOf } from './widths.js';

const FONT_SIZE = 8.5;
const LABEL_SIZE = 7;
/** Left and right padding of a cell together, as `RULED` sets it. */
const PADDING = 8;

interface Column {
  readonly label: keyof Texts & string;
  readonly text: (line: DocumentLine, sale: Sale) => string;
  readonly aligned: boolean;
  readonly minWidth: number;
}

const COLUMNS: readonly Column[] = [
  {
    label: 'quantity',
    text: (line, { language }) => quantityText(line.quantityMicro, language),
    aligned: true,
    minWidth: 36,
  },
  {
    label: 'unit',
    text: (line, { language }) => plain(unitText(line.unit, language)),
    aligned: false,
    minWidth: 34,
  },
  {
    label: 'unitPrice',
    text: ({ unitPriceMicro }, { currency, language }) =>
      unitPriceMicro === null ? '–' : unitPriceText(unitPriceMicro, currency, language),
    aligned: true,
    minWidth: 50,
  },
  {
    label: 'discount',
    text: (line, { language }) => (line.discountBps === 0 ? '' : percentText(line.discountBps, language)),
    aligned: true,
    minWidth: 36,
  },
  {
    label: 'vatRate',
    text: (line, { language }) => percentText(line.rateBps, language),
    aligned: true,
    minWidth: 28,
  },
  {
    label: 'net',
    text: (line, { currency, language }) => amountText(line.netMinor, currency, language),
    aligned: true,
    minWidth: 54,
  },
];

/** The table of lines; its head is repeated on every page and no line is torn apart. */
export function lineTable(sale: Sale): Content {
  const { language, lines } = sale;
  const discounted = lines.some((line) => line.discountBps !== 0);
  const columns = COLUMNS.filter(({ label }) => label !== 'discount' || discounted).map((column) =>
    measured(column, sale),
  );
  const positionWidth = Math.max(
    18,
    widestOf(
      lines.map(({ position }) => String(position)),
      FONT_SIZE,
    ),
  );
  const taken =
    columns.reduce((sum, { width }) => sum + width, positionWidth) + PADDING * (columns.length + 1);
  const widths = [positionWidth, CONTENT_WIDTH - taken, ...columns.map(({ width }) => width)];
  const body = lines.map((line, index) => [
    { text: String(line.position), color: COLOURS.quiet },
    nameOf(line),
    ...columns.map(({ cells }) => cells[index] ?? ''),
  ]);
  return {
    table: {
      headerRows: 1,
      keepWithHeaderRows: 1,
      dontBreakRows: true,
      widths,
      body: [head(columns, language), ...body],
    },
    layout: RULED,
    fontSize: FONT_SIZE,
  };
}

function head(columns: readonly Column[], language: Language): TableCell[] {
  const texts = TEXTS[language];
  const label = (text: string, alignment: 'left' | 'right'): TableCell => ({
    text,
    alignment,
    fontSize: LABEL_SIZE,
    color: COLOURS.quiet,
  });
  return [
    label(texts.position, 'left'),
    label(texts.description, 'left'),
    ...columns.map((column) => label(String(texts[column.label]), column.aligned ? 'right' : 'left')),
  ];
}

function nameOf(line: DocumentLine): TableCell {
  return {
    stack: [
      { text: plain(line.name) },
      { text: plain(line.sku), fontSize: LABEL_SIZE, color: COLOURS.quiet, margin: [0, 1, 0, 0] },
    ],
  };
}

interface MeasuredColumn extends Column {
  readonly width: number;
  readonly cells: readonly TableCell[];
}

/** Sets a column: numbers end where their fraction would, so that 10 stands above the 2 of 2.5. */
function measured(column: Column, sale: Sale): MeasuredColumn {
  const mark = sale.language === 'es' ? ',' : '.';
  const texts = sale.lines.map((line) => column.text(line, sale));
  if (!column.aligned) {
    return { ...column, width: column.minWidth, cells: texts.map((text) => ({ text })) };
  }
  const tails = texts.map((text) =>
    widthOf(text.includes(mark) ? text.slice(text.lastIndexOf(mark)) : tailOf(text), FONT_SIZE),
  );
  const longest = Math.max(0, ...tails);
  const missing = tails.map((tail) => longest - tail);
  const width = Math.max(
    column.minWidth,
    ...texts.map((text, index) => Math.ceil(widthOf(text, FONT_SIZE) + (missing[index] ?? 0)) + 1),
  );
  const cells = texts.map((text, index): TableCell => {
    const right = missing[index] ?? 0;
    return { text, alignment: 'right', noWrap: true, margin: [0, 0, right, 0] };
  });
  return { ...column, width, cells };
}

/** What follows the integer of a number without a fraction: nothing, or its percent sign. */
function tailOf(text: string): string {
  return /[^\d]*$/.exec(text)?.[0] ?? '';
}
