// Amounts between minor units and the wire.
import { formatAmount, parseAmount } from '../domain/money/amounts.js';

export interface WireMoney {
  readonly amount: string;
  readonly currency: string;
}

/** Minor units (text where they came as JSON) as `{"amount":"1234.50","currency":"EUR"}`. */
export function wireMoney(amountMinor: bigint | string, currency: string): WireMoney {
  return { amount: formatAmount(BigInt(amountMinor), currency), currency };
}

/** Minor units of an amount in a body; `invalid_field` names the field where it has too many decimals. */
export function minorOf({ amount, currency }: WireMoney, pointer: string): bigint {
  return parseAmount(amount, currency, { pointer: `${pointer}/amount` });
}
