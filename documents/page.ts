// Decides the page all documents share: paper, colours, letterhead, who sells and who buys, facts, foot
// with page numbers. What is particular to a quote or an invoice is in their own files.
import type { Content, CustomTableLayout, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { countryText, dateText, ibanText } from './formats.js';
import { TEXTS } from './texts.js';
import type { Language, Paper, PostalAddress, Seller } from './types.js';

const PAGE_WIDTH = 595.28;
const SIDE = 50;
/** What fits between the side margins of A4, in points. */
export const CONTENT_WIDTH = PAGE_WIDTH - 2 * SIDE;

const FACTS_WIDTH = 225;
const FACT_LABEL_WIDTH = 88;

export const COLOURS = { ink: '#1a1f26', quiet: '#5b6673', rule: '#d5dae0', accent: '#1f3a5f' } as const;

/** Thin rules between rows, a strong one under the head; cells breathe 4 points at each side. */
export const RULED: CustomTableLayout = {
  hLineWidth: (row, node) => (row === 0 ? 0 : row === node.table.headerRows ? 0.8 : 0.4),
  vLineWidth: () => 0,
  hLineColor: (row, node) => (row === node.table.headerRows ? COLOURS.accent : COLOURS.rule),
  paddingLeft: (column) => (column === 0 ? 0 : 4),
  paddingRight: (column, node) => (column === (node.table.widths?.length ?? 0) - 1 ? 0 : 4),
  paddingTop: () => 4,
  paddingBottom: () => 4,
};

/** A label and its value beside the address: number, dates, references. */
export type Fact = readonly [label: string, value: string];

/** Text as one printable line: composed accents, no control characters. */
export function plain(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** The whole document: its parts in order on A4, repeated title from page 2 on, foot on every page. */
export function pageOf(paper: Paper, title: string, parts: readonly Content[]): TDocumentDefinitions {
  const { language, seller } = paper;
  const texts = TEXTS[language];
  const number = plain(paper.number);
  return {
    pageSize: 'A4',
    pageMargins: [SIDE, 56, SIDE, 84],
    version: '1.7',
    language: language === 'es' ? 'es-ES' : 'en-GB',
    displayTitle: true,
    // pdfkit writes the title into XML as it is.
    info: { title: `${title} ${number}`.replaceAll(/[<>&]/g, ' ') },
    defaultStyle: { font: 'Roboto', fontSize: 9, lineHeight: 1.15, color: COLOURS.ink },
    header: (page) =>
      page === 1
        ? null
        : {
            text: texts.continued(title, number),
            margin: [SIDE, 30, SIDE, 0],
            fontSize: 8,
            color: COLOURS.quiet,
          },
    footer: (page, pages) => footOf(seller, language, texts.page(page, pages)),
    content: [...parts],
  };
}

/** Seller, title, addressee and facts: the upper third of the first page. */
export function letterhead(paper: Paper, title: string, facts: readonly Fact[]): Content[] {
  const { seller, customer, language } = paper;
  const abroad = customer.country !== seller.address.country;
  const country = abroad ? [countryText(customer.country, language)] : [];
  const address = customer.address === null ? country : [...addressLines(customer.address), ...country];
  const vat = customer.vatId === null ? [] : [`${TEXTS[language].vatId}: ${plain(customer.vatId)}`];
  return [
    {
      columns: [
        {
          width: CONTENT_WIDTH - 220,
          text: plain(seller.legalName),
          fontSize: 13,
          bold: true,
          color: COLOURS.accent,
        },
        { width: 200, text: title, fontSize: 20, alignment: 'right', color: COLOURS.accent },
      ],
      columnGap: 20,
    },
    {
      columns: [
        {
          width: CONTENT_WIDTH - FACTS_WIDTH - 24,
          stack: [
            {
              text: [plain(seller.legalName), ...addressLines(seller.address)].join(' · '),
              fontSize: 6.5,
              color: COLOURS.quiet,
              margin: [0, 0, 0, 6],
            },
            { text: plain(customer.legalName), bold: true, fontSize: 10 },
            ...address.map((text) => ({ text, fontSize: 10 })),
            ...vat.map((text): Content => ({ text, margin: [0, 5, 0, 0], color: COLOURS.quiet })),
          ],
        },
        { width: FACTS_WIDTH, ...factTable(facts, FACTS_WIDTH) },
      ],
      columnGap: 24,
      margin: [0, 34, 0, 30],
    },
  ];
}

/** A small heading and what belongs under it, kept on one page. */
export function section(heading: string, body: readonly Content[]): Content {
  return {
    unbreakable: true,
    margin: [0, 18, 0, 0],
    stack: [{ text: heading, bold: true, color: COLOURS.accent, margin: [0, 0, 0, 3] }, ...body],
  };
}

/** Labels and values in two columns, both left-aligned. */
export function factTable(facts: readonly Fact[], width: number) {
  return {
    table: {
      widths: [FACT_LABEL_WIDTH, width - FACT_LABEL_WIDTH - 12],
      body: facts.map(([label, value]) => [{ text: label, color: COLOURS.quiet }, { text: plain(value) }]),
    },
    layout: FACTS,
  };
}

/** An address as it is written in its country, without the country. */
export function addressLines(address: PostalAddress): string[] {
  const { street, postalCode, city, region, country } = address;
  const town = ['US', 'CA', 'AU'].includes(country)
    ? [`${city}${region ? `, ${region}` : ''}${postalCode ? ` ${postalCode}` : ''}`]
    : country === 'GB'
      ? [city, ...(postalCode ? [postalCode] : [])]
      : [`${postalCode ? `${postalCode} ` : ''}${city}${region ? ` (${region})` : ''}`];
  return [...street, ...town].map(plain).filter((line) => line !== '');
}

const FACTS: CustomTableLayout = {
  hLineWidth: () => 0,
  vLineWidth: () => 0,
  paddingLeft: (column) => (column === 0 ? 0 : 12),
  paddingRight: () => 0,
  paddingTop: () => 1.5,
  paddingBottom: () => 1.5,
};

function footOf(seller: Seller, language: Language, pages: string): Content {
  const texts = TEXTS[language];
  const country = countryText(seller.address.country, language);
  const tax = seller.vatId === null ? [] : [`${texts.vatId}: ${plain(seller.vatId)}`];
  const bank = seller.iban === null ? [] : [`${texts.iban}: ${ibanText(seller.iban)}`];
  const bic = seller.bic ? [`${texts.bic}: ${plain(seller.bic)}`] : [];
  return {
    margin: [SIDE, 18, SIDE, 0],
    fontSize: 7,
    color: COLOURS.quiet,
    stack: [
      {
        canvas: [
          { type: 'line', x1: 0, y1: 0, x2: CONTENT_WIDTH, y2: 0, lineWidth: 0.4, lineColor: COLOURS.rule },
        ],
      },
      {
        margin: [0, 6, 0, 0],
        columnGap: 12,
        columns: [
          {
            width: 130,
            text: [plain(seller.legalName), ...addressLines(seller.address), country].join('\n'),
          },
          { width: 125, text: [...tax, plain(seller.email)].join('\n') },
          { width: 140, text: [...bank, ...bic].join('\n') },
          { width: 64, text: pages, alignment: 'right' },
        ],
      },
    ],
  };
}

/** A day in the document's language. */
export function dayFact(label: string, on: string, language: Language): Fact {
  return [label, dateText(on, language)];
}
