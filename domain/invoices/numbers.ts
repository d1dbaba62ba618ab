// Decides how the number of a document is written. Which number comes next is the counter's, locked last.

/** Digits a number is padded to, so that a list of them sorts as text; longer ones are written whole. */
const DIGITS = 6;

/** The number as printed: `INV-000042`. */
export function documentNumber(prefix: string, seq: bigint): string {
  return `${prefix}-${seq.toString().padStart(DIGITS, '0')}`;
}
