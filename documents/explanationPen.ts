// How one step of an explanation is told: the record with its amount, source and version, and the sentence a
// person reads. Nothing is computed here.
import type { ExplanationStep, ExplanationView } from '../contracts/explanations.js';
import { formatAmount, parseMicro } from '../domain/money/amounts.js';
import { sentence, type Words } from './explanationTexts.js';
import { dateText, moneyText, percentText, quantityText } from './formats.js';
import type { Language } from './types.js';

export interface Pen {
  readonly language: Language;
  readonly currency: string;
  readonly steps: ExplanationStep[];
}

interface Told {
  readonly amountMinor?: string;
  readonly source?: string | null;
  readonly version?: number | null;
  /** The sentence, where it has another name than the step. */
  readonly as?: string;
  readonly words?: Words;
}

export function tell(pen: Pen, what: ExplanationStep['what'], id: string, told: Told): void {
  const { amountMinor, source = null, version = null, as = what, words = {} } = told;
  const amount = amountMinor === undefined ? null : wire(amountMinor, pen.currency);
  const amountWord = amountMinor === undefined ? {} : { amount: money(pen, amountMinor) };
  const versionWord = version === null ? {} : { version: String(version) };
  const text = sentence(as, pen.language, { ...amountWord, ...versionWord, ...words });
  pen.steps.push({ what, id, amount, source, version, text });
}

const wire = (minor: string, currency: string) => ({
  amount: formatAmount(BigInt(minor), currency),
  currency,
});
export const money = ({ currency, language }: Pen, minor: string): string =>
  moneyText(BigInt(minor), currency, language);
export const day = ({ language }: Pen, on: string): string => dateText(on, language);
export const percent = ({ language }: Pen, bps: number): string => percentText(bps, language);
export const quantity = ({ language }: Pen, text: string): string => quantityText(parseMicro(text), language);

export function view(
  pen: Pen,
  what: ExplanationView['what'],
  id: string,
  amountMinor: string | null,
): ExplanationView {
  const amount = amountMinor === null ? null : wire(amountMinor, pen.currency);
  const { language, steps: chain } = pen;
  return { id, what, language, amount, chain, sentences: chain.map(({ text }) => text) };
}
