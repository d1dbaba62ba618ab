// A line of the play for every act, for people or as JSON.
import type { OnEvent } from '../progress.js';
import type { Language } from '../words.js';
import type { Money, Tell } from './stage.js';
import { wordFor } from './words.js';

/** Prints acts: `2026-09-05  Talleres Ribera   offer accepted, order SO-00003   12,345.60 EUR`. */
export function lineTeller(options: {
  readonly json: boolean;
  readonly language: Language;
  readonly onEvent: OnEvent;
}): Tell {
  const { json, language, onEvent } = options;
  return ({ lead, act, atMs, detail, money }) => {
    const on = new Date(atMs).toISOString().slice(0, 10);
    const said = [wordFor(act, language), detail].filter(Boolean).join(' ');
    if (json) {
      const more = { on, lead: lead.number, act, ...(money && { money }) };
      onEvent({ step: 'play', status: 'done', ms: 0, detail: `${lead.company}: ${said}`, ...more } as never);
      return;
    }
    const amount = money === undefined ? '' : `  ${shownAmount(money, language)}`;
    process.stdout.write(`${on}  ${lead.company.padEnd(24)} ${said}${amount}\n`);
  };
}

export function shownAmount({ amount, currency }: Money, language: Language): string {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: 2, useGrouping: true });
  // Decimal text is formatted digit by digit; the types know numbers only.
  return `${format.format(amount as unknown as number)} ${currency}`;
}
