import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type BillableLine,
  type InvoiceDraft,
  invoiceRest,
  partInvoice,
} from '../../../domain/invoices/parts.js';

const units = (count: number) => BigInt(count) * 1_000_000n;
const line = (
  lineId: string,
  ordered: bigint,
  netMinor: bigint,
  changes: Partial<BillableLine> = {},
): BillableLine => ({
  lineId,
  lineNo: 1,
  chargedOn: 'each_delivery',
  orderedMicro: ordered,
  cancelledMicro: 0n,
  netMinor,
  billedMicro: 0n,
  billedNetMinor: 0n,
  treatment: 'S',
  rateBps: 2100,
  ...changes,
});

const draftLines = (drafts: readonly InvoiceDraft[]) => drafts.flatMap((draft) => draft.lines);

/** The order lines after these drafts were issued. */
const afterBilling = (lines: readonly BillableLine[], drafts: readonly InvoiceDraft[]): BillableLine[] =>
  lines.map((billable) => {
    const billed = draftLines(drafts).filter((draft) => draft.orderLineId === billable.lineId);
    return {
      ...billable,
      billedMicro: billed.reduce((sum, draft) => sum + draft.quantityMicro, billable.billedMicro),
      billedNetMinor: billed.reduce((sum, draft) => sum + draft.netMinor, billable.billedNetMinor),
    };
  });

describe('an invoice for a part delivery', () => {
  test('2 units of 33.33 in two deliveries are invoiced 16.67 and 16.66', () => {
    const order = [line('a', units(2), 3333n)];
    const first = partInvoice(order, [{ lineId: 'a', quantityMicro: units(1) }]);
    const second = partInvoice(afterBilling(order, first), [{ lineId: 'a', quantityMicro: units(1) }]);
    expect([first[0]?.netMinor, second[0]?.netMinor]).toEqual([1667n, 1666n]);
    expect([first[0]?.taxMinor, second[0]?.taxMinor]).toEqual([350n, 350n]);
  });

  test('what was billed before counts as it was billed, whoever rounded it', () => {
    const order = [line('a', units(2), 3333n, { billedMicro: units(1), billedNetMinor: 1666n })];
    expect(partInvoice(order, [{ lineId: 'a', quantityMicro: units(1) }])[0]?.netMinor).toBe(1667n);
  });

  test('freight and set-up go whole with the first one and with no later one', () => {
    const order = [
      line('a', units(4), 4000n),
      line('f', units(1), 1500n, { chargedOn: 'first_delivery', lineNo: 2 }),
    ];
    const first = partInvoice(order, [{ lineId: 'a', quantityMicro: units(1) }]);
    expect(draftLines(first).map((draft) => [draft.orderLineId, draft.netMinor])).toEqual([
      ['a', 1000n],
      ['f', 1500n],
    ]);
    const second = partInvoice(afterBilling(order, first), [{ lineId: 'a', quantityMicro: units(1) }]);
    expect(draftLines(second).map((draft) => draft.orderLineId)).toEqual(['a']);
  });

  test('what is outside the scope stands on a document of its own', () => {
    const order = [
      line('a', units(1), 1000n),
      line('o', units(1), 500n, { treatment: 'O', rateBps: 0, lineNo: 2 }),
    ];
    const drafts = invoiceRest(order);
    expect(drafts.map((draft) => [draft.lines[0]?.orderLineId, draft.grossMinor])).toEqual([
      ['a', 1210n],
      ['o', 500n],
    ]);
  });

  test('the rest at once leaves out what was billed and what was cancelled', () => {
    const order = [
      line('a', units(4), 4000n, { billedMicro: units(1), billedNetMinor: 1000n, cancelledMicro: units(1) }),
      line('b', units(4), 4000n, { cancelledMicro: units(4) }),
      line('f', units(1), 900n, { chargedOn: 'first_delivery', cancelledMicro: units(1) }),
    ];
    expect(draftLines(invoiceRest(order)).map((draft) => [draft.orderLineId, draft.netMinor])).toEqual([
      ['a', 2000n],
    ]);
    expect(invoiceRest(afterBilling(order, invoiceRest(order)))).toEqual([]);
  });

  test.each([
    [
      'more than was ordered',
      [{ lineId: 'a', quantityMicro: units(2) + 1n }],
      'line a would have 2000001 of 2000000 millionths billed',
    ],
    [
      'more than was ordered, in two lines',
      [units(1), units(1) + 1n].map((quantityMicro) => ({ lineId: 'a', quantityMicro })),
      'line a would have 2000001 of 2000000 millionths billed',
    ],
    ['an unknown line', [{ lineId: 'z', quantityMicro: 1n }], 'z is no line of the order'],
    [
      'a quantity of 0',
      [{ lineId: 'a', quantityMicro: 0n }],
      'line a would have 0 of 2000000 millionths billed',
    ],
  ])('of %s is a bug, because deliveries are checked before', (_name, delivered, message) => {
    expect(() => partInvoice([line('a', units(2), 3333n)], delivered)).toThrow(new RangeError(message));
  });

  test('any partition of an order is invoiced to its net exactly, each invoice with its own tax', () => {
    const lineArbitrary = fc.record({
      netMinor: fc.bigInt({ min: -1_000_000n, max: 10_000_000n }),
      parts: fc.array(fc.bigInt({ min: 1n, max: 5_000_000n }), { minLength: 1, maxLength: 6 }),
      rateBps: fc.constantFrom(0, 1000, 2100),
      isOutside: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(lineArbitrary, { minLength: 1, maxLength: 5 }), (specs) => {
        const quantity = (parts: readonly bigint[]) => parts.reduce((sum, part) => sum + part, 0n);
        let order = specs.map(({ netMinor, parts, rateBps, isOutside }, index) =>
          line(`line-${index}`, quantity(parts), netMinor, {
            lineNo: index + 1,
            ...(isOutside ? { treatment: 'O' as const, rateBps: 0 } : { rateBps }),
          }),
        );
        order.push(
          line('freight', units(1), 1234n, { chargedOn: 'first_delivery', lineNo: specs.length + 1 }),
        );
        for (let round = 0; round < 6; round++) {
          const delivered = specs.flatMap(({ parts }, index) => {
            const part = parts[round];
            return part === undefined ? [] : [{ lineId: `line-${index}`, quantityMicro: part }];
          });
          if (delivered.length === 0) break;
          const drafts = partInvoice(order, delivered);
          for (const draft of drafts) {
            expect(draft.grossMinor).toBe(draft.lines.reduce((sum, { grossMinor }) => sum + grossMinor, 0n));
          }
          order = afterBilling(order, drafts);
        }
        for (const billed of order) expect(billed.billedNetMinor).toBe(billed.netMinor);
        expect(invoiceRest(order)).toEqual([]);
      }),
    );
  });
});
