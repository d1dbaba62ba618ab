// Decides how much of what was invoiced before delivery is earned revenue: to date, per order line, so that
// any partition of the deliveries earns the whole. It does not decide when an order is invoiced.
import { divRound } from '../money/rounding.js';
import type { ChargedOn } from '../quotes/price.js';

export interface RecognisableLine {
  readonly lineId: string;
  readonly chargedOn: ChargedOn;
  readonly orderedMicro: bigint;
  readonly deliveredMicro: bigint;
  /** Net invoiced less net credited. */
  readonly heldMinor: bigint;
  readonly recognisedMinor: bigint;
}

export interface Recognition {
  readonly lineId: string;
  readonly toDateMinor: bigint;
  /** To date less what was recognised before; below 0 where a credit note took earned revenue back. */
  readonly changeMinor: bigint;
}

/**
 * Revenue earned to date = round(net held × delivered ÷ ordered); a line charged with the first delivery is
 * earned whole by it. Returns the lines whose figure changes.
 */
export function recogniseToDate(lines: readonly RecognisableLine[]): Recognition[] {
  const started = lines.some((line) => line.deliveredMicro > 0n);
  return lines
    .map((line) => {
      const deliveredMicro =
        line.chargedOn === 'first_delivery' && started ? line.orderedMicro : line.deliveredMicro;
      const toDateMinor = divRound(line.heldMinor * deliveredMicro, line.orderedMicro);
      return { lineId: line.lineId, toDateMinor, changeMinor: toDateMinor - line.recognisedMinor };
    })
    .filter(({ changeMinor }) => changeMinor !== 0n);
}
