// A payment as it is told, as it is stored, and what makes two tellings of one the same.
import type { PaymentMethod } from '../../domain/payments/cashAccount.js';
import { hashOf } from './messages.js';

export interface PaymentInput {
  readonly actorId: string;
  /** Whoever names the reference: a payment provider, a bank, or `manual`. */
  readonly provider: string;
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Value date. */
  readonly paidOn: string;
  readonly method: PaymentMethod;
  readonly invoiceNumber?: string;
  readonly remittance?: string;
  readonly payer?: string;
  readonly accountId?: string;
  /** Id of the message of the first lead touched; further ones get ids derived from it. */
  readonly messageId: string;
  /** Business instant (epoch ms). */
  readonly at: number;
}

export function rowOf(input: PaymentInput, body_hash: Buffer) {
  return {
    provider: input.provider,
    reference: input.reference,
    body_hash,
    amount_minor: input.amountMinor,
    currency: input.currency,
    paid_on: input.paidOn,
    method: input.method,
    invoice_number: input.invoiceNumber ?? null,
    payer: input.payer ?? null,
    remittance: input.remittance ?? null,
    recorded_by: input.actorId,
    received_at: new Date(input.at),
  };
}

export function bodyHashOf(input: PaymentInput): Buffer {
  const { provider, reference, currency, paidOn, method, invoiceNumber, remittance, payer, accountId } =
    input;
  const amount = input.amountMinor.toString();
  const named = { invoiceNumber, remittance, payer, accountId };
  return hashOf({ provider, reference, amount, currency, paidOn, method, ...named });
}
