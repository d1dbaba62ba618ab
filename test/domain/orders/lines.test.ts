import { describe, expect, test } from '@jest/globals';
import {
  checkDelivery,
  type DeliveryLine,
  type OrderLineProgress,
  remainingMicro,
} from '../../../domain/orders/lines.js';

const units = (count: number) => BigInt(Math.round(count * 1000)) * 1000n;
const line = (
  lineId: string,
  ordered: number,
  delivered = 0,
  cancelled = 0,
  chargedOn: OrderLineProgress['chargedOn'] = 'each_delivery',
): OrderLineProgress => ({
  lineId,
  sku: `SKU-${lineId}`,
  chargedOn,
  orderedMicro: units(ordered),
  deliveredMicro: units(delivered),
  cancelledMicro: units(cancelled),
});
const of = (lineId: string, quantity: number): DeliveryLine => ({ lineId, quantityMicro: units(quantity) });

describe('what remains to be delivered', () => {
  test.each([
    ['nothing delivered yet', line('a', 10), 10],
    ['a part delivered', line('a', 10, 4), 6],
    ['the rest cancelled', line('a', 10, 4, 6), 0],
    ['freight is never delivered apart', line('f', 1, 0, 0, 'first_delivery'), 0],
  ])('%s', (_name, progress, remaining) => {
    expect(remainingMicro(progress)).toBe(units(remaining));
  });

  test('more delivered than ordered is a bug', () => {
    expect(() => remainingMicro(line('a', 10, 11))).toThrow(RangeError);
  });
});

describe('a delivery', () => {
  const order = [line('a', 10, 4), line('b', 2.5), line('f', 1, 0, 0, 'first_delivery')];

  test.each([
    ['a part', [of('a', 5.999)], [], false],
    ['the rest of a line', [of('a', 6)], ['a'], false],
    ['the rest of the order', [of('b', 2.5), of('a', 6)], ['a', 'b'], true],
    ['a line named twice', [of('a', 3), of('a', 3)], ['a'], false],
  ])('of %s is accepted', (_name, delivery, completedLineIds, completesOrder) => {
    expect(checkDelivery(order, delivery)).toMatchObject({
      accepted: true,
      completedLineIds,
      completesOrder,
    });
  });

  test('is merged per order line, in the order of the order', () => {
    expect(checkDelivery(order, [of('b', 1), of('a', 2), of('b', 0.5)])).toMatchObject({
      lines: [of('a', 2), of('b', 1.5)],
    });
  });

  test.each([
    [
      'one millionth too much',
      [{ lineId: 'a', quantityMicro: units(6) + 1n }],
      'over_delivered',
      '/lines/0/quantity',
    ],
    ['too much in two lines', [of('a', 3), of('a', 3.001)], 'over_delivered', '/lines/1/quantity'],
    ['an unknown line', [of('a', 1), of('z', 1)], 'unknown_order_line', '/lines/1/orderLineId'],
    ['freight', [of('f', 1)], 'unknown_order_line', '/lines/0/orderLineId'],
    ['a quantity of 0', [of('a', 0)], 'invalid_field', '/lines/0/quantity'],
    ['a negative quantity', [of('a', -1)], 'invalid_field', '/lines/0/quantity'],
    ['no lines', [], 'invalid_field', '/lines'],
  ])('of %s is refused', (_name, delivery, code, pointer) => {
    expect(checkDelivery(order, delivery)).toMatchObject({ accepted: false, refusal: { code, pointer } });
  });

  test('a refusal names what was delivered and what remains', () => {
    const check = checkDelivery(order, [of('a', 6.5)]);
    expect(check).toMatchObject({ refusal: { detail: '6.5 of SKU-a delivered, 6 remain' } });
  });
});
