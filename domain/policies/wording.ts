// The problems policies have in common, found and worded once: something twice, out of order, unknown,
// or an amount its currency cannot hold.
import { DomainError } from '../errors.js';
import { parseAmount } from '../money/amounts.js';
import type { PolicyProblem, WireMoney } from './types.js';

export function twice(pointer: string, words: readonly string[]): PolicyProblem[] {
  return words.flatMap((word, index) => {
    const first = words.indexOf(word);
    return first === index
      ? []
      : [{ pointer: `${pointer}/${index}`, detail: `${word} stands at ${first} already` }];
  });
}

/** Each number must be above the one before it; `shown` turns back what the caller negated. */
export function notAscending(
  pointer: string,
  values: readonly number[],
  shown: (value: number) => number = (value) => value,
): PolicyProblem[] {
  return values.flatMap((value, index) => {
    const before = values[index - 1];
    if (before === undefined || value > before) return [];
    const detail = `${shown(value)} does not follow ${shown(before)} in order`;
    return [{ pointer: `${pointer}/${index}`, detail }];
  });
}

export function outside(
  pointer: string,
  word: string,
  words: readonly string[],
  listName: string,
): PolicyProblem[] {
  return words.includes(word) ? [] : [{ pointer, detail: `${word} is not among ${listName}` }];
}

export function currenciesTwice(pointer: string, amounts: readonly WireMoney[]): PolicyProblem[] {
  return twice(
    pointer,
    amounts.map((money) => money.currency),
  );
}

/** Amounts a currency cannot hold: a third decimal of EUR, a currency that does not exist. */
export function notMoney(pointer: string, amounts: readonly WireMoney[]): PolicyProblem[] {
  return amounts.flatMap((money, index) => {
    try {
      parseAmount(money.amount, money.currency);
      return [];
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return [{ pointer: `${pointer}/${index}`, detail: error.detail }];
    }
  });
}
