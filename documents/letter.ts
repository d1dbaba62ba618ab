// Decides how a letter becomes the two bodies of an e-mail: plain text, and HTML in which every word is
// escaped and which any reader, screen readers included, can follow from top to bottom.
import type { Language } from './types.js';

export interface Letter {
  readonly language: Language;
  readonly subject: string;
  readonly greeting: string;
  /** Before the facts. */
  readonly intro: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Rows under headings; the last column holds amounts. */
  readonly table?: Table | undefined;
  /** After facts and table. */
  readonly more: readonly string[];
  readonly button?: { readonly label: string; readonly url: string } | undefined;
  readonly closing: readonly string[];
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The letter as plain text. */
export function plainText(letter: Letter): string {
  const { greeting, intro, facts, table, more, button, closing } = letter;
  const rows =
    table === undefined
      ? []
      : [table.head, ...table.rows].map((row) => row.filter((cell) => cell !== '').join(' | '));
  const blocks = [
    [greeting],
    ...intro.map((paragraph) => [paragraph]),
    facts.map(([label, value]) => `${label}: ${value}`),
    rows,
    ...more.map((paragraph) => [paragraph]),
    button === undefined ? [] : [`${button.label}:`, linkOf(button.url)],
    closing,
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.map(oneLine).join('\n'))
    .join('\n\n')}\n`;
}

/** The letter as an HTML document without scripts, images or anything fetched from elsewhere. */
export function html(letter: Letter): string {
  const { language, subject, greeting, intro, facts, table, more, button, closing } = letter;
  const paragraph = (text: string) => `<p style="${PARAGRAPH}">${escaped(text)}</p>`;
  return [
    '<!DOCTYPE html>',
    `<html lang="${language}">`,
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(subject)}</title>`,
    '</head>',
    `<body style="${BODY}">`,
    '<main style="max-width:600px;margin:0 auto">',
    paragraph(greeting),
    ...intro.map(paragraph),
    ...factTable(facts),
    ...(table === undefined ? [] : rowTable(table)),
    ...more.map(paragraph),
    ...(button === undefined
      ? []
      : [
          `<p style="${PARAGRAPH}"><a style="${BUTTON}" href="${escaped(linkOf(button.url))}">` +
            `${escaped(button.label)}</a></p>`,
        ]),
    `<p style="${PARAGRAPH}">${closing.map(escaped).join('<br>')}</p>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** Text as one line: no line breaks or other control characters, so that none of it can become a header. */
export function oneLine(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}

const PARAGRAPH = 'margin:0 0 16px';
const BODY =
  'margin:0;padding:24px;background:#ffffff;color:#1a1f26;font:16px/1.5 Arial,Helvetica,sans-serif';
const BUTTON =
  'display:inline-block;padding:12px 20px;background:#1f3a5f;color:#ffffff;' +
  'text-decoration:none;border-radius:4px';
const TABLE = 'border-collapse:collapse;margin:0 0 16px';
const CELL = 'padding:4px 16px 4px 0;text-align:left;vertical-align:top;font-weight:normal';
const AMOUNT = 'padding:4px 0;text-align:right;vertical-align:top;white-space:nowrap';

function factTable(facts: Letter['facts']): string[] {
  if (facts.length === 0) return [];
  const rows = facts.map(
    ([label, value]) =>
      `<tr><th scope="row" style="${CELL};color:#5b6673">${escaped(label)}</th>` +
      `<td style="${CELL}">${escaped(value)}</td></tr>`,
  );
  return [`<table style="${TABLE}">`, ...rows, '</table>'];
}

function rowTable({ caption, head, rows }: Table): string[] {
  const styleOf = (index: number) => (index === head.length - 1 ? AMOUNT : CELL);
  const headings = head.map(
    (text, index) => `<th scope="col" style="${styleOf(index)};color:#5b6673">${escaped(text)}</th>`,
  );
  const body = rows.map((row) => {
    const cells = row.map((text, index) => `<td style="${styleOf(index)}">${escaped(text)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return [
    `<table style="${TABLE}">`,
    `<caption style="text-align:left;font-weight:bold">${escaped(caption)}</caption>`,
    `<thead><tr>${headings.join('')}</tr></thead>`,
    '<tbody>',
    ...body,
    '</tbody>',
    '</table>',
  ];
}

function escaped(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function linkOf(url: string): string {
  const { protocol, href } = URL.canParse(url) ? new URL(url) : { protocol: '', href: '' };
  if (protocol !== 'https:' && protocol !== 'http:') throw new RangeError(`${url} is no http(s) address`);
  return href;
}
