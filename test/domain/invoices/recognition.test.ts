import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RecognisableLine, recogniseToDate } from '../../../domain/invoices/recognition.js';

const line = (change: Partial<RecognisableLine>): RecognisableLine => ({
  lineId: 'l',
  chargedOn: 'each_delivery',
  orderedMicro: 3_000_000n,
  deliveredMicro: 0n,
  heldMinor: 10_000n,
  recognisedMinor: 0n,
  ...change,
});

describe('revenue invoiced before delivery', () => {
  test.each([
    ['nothing delivered', {}, undefined],
    ['a third', { deliveredMicro: 1_000_000n }, 3_333n],
    ['two thirds', { deliveredMicro: 2_000_000n, recognisedMinor: 3_333n }, 3_334n],
    ['all of it', { deliveredMicro: 3_000_000n, recognisedMinor: 6_667n }, 3_333n],
    ['known already', { deliveredMicro: 1_000_000n, recognisedMinor: 3_333n }, undefined],
    [
      'credited after delivery',
      { deliveredMicro: 3_000_000n, recognisedMinor: 10_000n, heldMinor: 4_000n },
      -6_000n,
    ],
    ['not invoiced yet', { deliveredMicro: 3_000_000n, heldMinor: 0n }, undefined],
  ])('%s', (_case, change, expected) => {
    expect(recogniseToDate([line(change)])[0]?.changeMinor).toBe(expected);
  });

  test('freight is earned whole by the first delivery of anything', () => {
    const freight = line({
      lineId: 'f',
      chargedOn: 'first_delivery',
      orderedMicro: 1_000_000n,
      heldMinor: 900n,
    });
    expect(recogniseToDate([freight, line({})])).toEqual([]);
    const [earned] = recogniseToDate([freight, line({ deliveredMicro: 1n })]);
    expect(earned).toEqual({ lineId: 'f', toDateMinor: 900n, changeMinor: 900n });
  });

  test('any partition of the deliveries earns the whole', () => {
    const parts = fc.array(fc.bigInt({ min: 1n, max: 5_000_000n }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.bigInt({ min: 0n, max: 1_000_000n }), (deliveries, heldMinor) => {
        const orderedMicro = deliveries.reduce((a, b) => a + b);
        let [deliveredMicro, recognisedMinor] = [0n, 0n];
        for (const part of deliveries) {
          deliveredMicro += part;
          const now = line({ orderedMicro, deliveredMicro, heldMinor, recognisedMinor });
          recognisedMinor += recogniseToDate([now])[0]?.changeMinor ?? 0n;
        }
        expect(recognisedMinor).toBe(heldMinor);
      }),
    );
  });
});
