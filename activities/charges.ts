// Charge notes while money moves on and off them, or is forgiven: changed in memory, fees and interest apart,
// and written once at the end.
import { openCharge, sumOf } from '../domain/collections/charges.js';
import type { ChargeBalance, ChargeParts } from '../domain/collections/types.js';
import type { OpenCharge } from '../domain/payments/debts.js';

export type Charge = { -readonly [K in keyof ChargeBalance]: bigint } & {
  readonly chargeNoteId: string;
  readonly number: string;
  readonly dueOn: string;
};

/** Whether money on it is a recovery: nothing is open and something was written off. */
const isRecovery = (charge: Charge): boolean =>
  sumOf(openCharge(charge)) === 0n && charge.writtenOffFeeMinor + charge.writtenOffInterestMinor > 0n;

/** What money can be put on: the open parts; once nothing is open, what was written off. */
export function payable(charge: Charge): OpenCharge {
  const { chargeNoteId, number, dueOn, writtenOffFeeMinor, writtenOffInterestMinor } = charge;
  const parts = isRecovery(charge)
    ? { feeMinor: writtenOffFeeMinor, interestMinor: writtenOffInterestMinor }
    : openCharge(charge);
  return { chargeNoteId, number, dueOn, ...parts };
}

/** Puts money on its parts; tells whether that recovers what was written off. */
export function putOn(charge: Charge, parts: ChargeParts): boolean {
  const recovery = isRecovery(charge);
  allocate(charge, parts, 1n);
  if (recovery) writeOff(charge, parts, -1n);
  openCharge(charge);
  return recovery;
}

/** Takes money off again, exactly as it was put on; a recovery becomes a write-off again. */
export function takeOffCharge(charge: Charge, parts: ChargeParts, recovery: boolean): void {
  allocate(charge, parts, -1n);
  if (recovery) writeOff(charge, parts, 1n);
}

/** Writes off what is open. Returns the parts. */
export function writeOffCharge(charge: Charge): ChargeParts {
  const open = openCharge(charge);
  writeOff(charge, open, 1n);
  return open;
}

/** Waives what is open. Returns the parts. */
export function waiveOpen(charge: Charge): ChargeParts {
  const open = openCharge(charge);
  charge.waivedFeeMinor += open.feeMinor;
  charge.waivedInterestMinor += open.interestMinor;
  return open;
}

function allocate(charge: Charge, { feeMinor, interestMinor }: ChargeParts, sign: 1n | -1n): void {
  charge.allocatedFeeMinor += sign * feeMinor;
  charge.allocatedInterestMinor += sign * interestMinor;
}

function writeOff(charge: Charge, { feeMinor, interestMinor }: ChargeParts, sign: 1n | -1n): void {
  charge.writtenOffFeeMinor += sign * feeMinor;
  charge.writtenOffInterestMinor += sign * interestMinor;
}
