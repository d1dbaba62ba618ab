import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  balanceOf,
  checkBalance,
  type InvoiceLine,
  invoiceStatus,
  openGross,
} from '../../domain/invoices/balance.js';
import { creditWhole, effectOfCredit, type StandingAllocation } from '../../domain/invoices/credits.js';
import {
  type BillableLine,
  type InvoiceDraft,
  invoiceRest,
  partInvoice,
} from '../../domain/invoices/parts.js';
import type { Account, PostingLine } from '../../domain/ledger/accounts.js';
import { postPayment } from '../../domain/ledger/cash.js';
import {
  postCreditNote,
  postDeliveredInvoice,
  postInvoiceOnOrder,
  postRevenueEarned,
} from '../../domain/ledger/receivables.js';
import { checkDelivery } from '../../domain/orders/lines.js';
import { allocateByOpenGross } from '../../domain/payments/allocation.js';
import { type PricedQuote, priceQuote } from '../../domain/quotes/price.js';

const customer = 'acme';

const quoteArbitrary = fc
  .array(
    fc.record({
      unitPriceMicro: fc.bigInt({ min: 1n, max: 500_000_000n }),
      quantityMicro: fc.bigInt({ min: 1n, max: 20_000_000n }),
      discountBps: fc.integer({ min: 0, max: 9_999 }),
      taxClass: fc.constantFrom('standard', 'reduced', 'fee'),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((lines) =>
    priceQuote({
      currency: 'EUR',
      lines: [
        ...lines.map((line, index) => ({
          sku: `P${index}`,
          quantityMicro: line.quantityMicro,
          discountBps: line.discountBps,
        })),
        { sku: 'FREIGHT', quantityMicro: 1_000_000n },
      ],
      catalogue: [...lines, { unitPriceMicro: 9_990_000n, taxClass: 'standard' }].map((line, index, all) => ({
        sku: index === all.length - 1 ? 'FREIGHT' : `P${index}`,
        name: 'Product',
        family: 'machines',
        taxClass: line.taxClass,
        supply: 'goods',
        discountable: index < all.length - 1,
        chargedOn: index === all.length - 1 ? 'first_delivery' : 'each_delivery',
        unitPriceMicro: line.unitPriceMicro,
        priceSource: 'price_book:eur@1',
      })),
      sale: {
        entityCountry: 'ES',
        entityUsesOss: false,
        customerCountry: 'ES',
        customerVatId: null,
        taxPointOn: '2026-11-22',
      },
      limits: { maxLines: 10, maxDiscountBps: 10_000 },
      taxPolicy: {
        euCountries: ['ES'],
        noVatCountries: [],
        outsideScopeClasses: ['fee'],
        rates: [
          { country: 'ES', taxClass: 'standard', fromOn: '2012-09-01', rateBps: 2100 },
          { country: 'ES', taxClass: 'reduced', fromOn: '2012-09-01', rateBps: 1000 },
        ],
      },
    }),
  );

const orderOf = (quote: PricedQuote): BillableLine[] =>
  quote.lines.map((line) => ({
    lineId: `order-${line.lineNo}`,
    lineNo: line.lineNo,
    chargedOn: line.chargedOn,
    orderedMicro: line.quantityMicro,
    cancelledMicro: 0n,
    netMinor: line.netMinor,
    billedMicro: 0n,
    billedNetMinor: 0n,
    treatment: line.treatment,
    rateBps: line.rateBps,
  }));

const bill = (order: readonly BillableLine[], drafts: readonly InvoiceDraft[]): BillableLine[] =>
  order.map((line) => {
    const mine = drafts
      .flatMap((draft) => draft.lines)
      .filter(({ orderLineId }) => orderLineId === line.lineId);
    return {
      ...line,
      billedMicro: mine.reduce((sum, { quantityMicro }) => sum + quantityMicro, line.billedMicro),
      billedNetMinor: mine.reduce((sum, { netMinor }) => sum + netMinor, line.billedNetMinor),
    };
  });

/** Two deliveries: a part of each line (a millionth at least), then whatever is left. */
const deliveriesOf = (quote: PricedQuote, partBps: number) => {
  const parts = quote.lines
    .filter((line) => line.chargedOn === 'each_delivery')
    .map(({ lineNo, quantityMicro }) => {
      const first = (quantityMicro * BigInt(partBps) + 9_999n) / 10_000n;
      return { lineId: `order-${lineNo}`, first, second: quantityMicro - first };
    });
  return [
    parts.map(({ lineId, first }) => ({ lineId, quantityMicro: first })),
    parts
      .map(({ lineId, second }) => ({ lineId, quantityMicro: second }))
      .filter(({ quantityMicro }) => quantityMicro > 0n),
  ].filter((delivery) => delivery.length > 0);
};

const issue = (draft: InvoiceDraft): InvoiceLine[] =>
  draft.lines.map((line) => ({
    ...line,
    lineId: `invoice-${line.lineNo}`,
    creditedNetMinor: 0n,
    creditedTaxMinor: 0n,
    allocatedMinor: 0n,
    toleratedMinor: 0n,
    writtenOffMinor: 0n,
  }));

const balances = (ledger: readonly PostingLine[]) => {
  const sums: Partial<Record<Account, bigint>> = {};
  for (const { account, amountMinor } of ledger) sums[account] = (sums[account] ?? 0n) + amountMinor;
  return sums;
};

/** Delivers and invoices the whole order in the parts of `deliveriesOf`. */
const invoiceInParts = (quote: PricedQuote, partBps: number): InvoiceDraft[] => {
  let order = orderOf(quote);
  return deliveriesOf(quote, partBps).flatMap((delivery) => {
    const progress = order.map((line) => ({ ...line, sku: line.lineId, deliveredMicro: line.billedMicro }));
    const check = checkDelivery(progress, delivery);
    if (!check.accepted) throw check.refusal;
    const drafts = partInvoice(order, check.lines);
    order = bill(order, drafts);
    return drafts;
  });
};

/** Pays up to `cashMinor` on an invoice: its lines then, and the allocation lines. */
const pay = (lines: readonly InvoiceLine[], cashMinor: bigint) => {
  const open = lines.map((line) => ({ lineId: line.lineId, openMinor: openGross(line) }));
  const { shares, allocatedMinor } = allocateByOpenGross(cashMinor, open);
  const paid = new Map(shares.map((share) => [share.lineId, share.amountMinor]));
  return {
    allocatedMinor,
    lines: lines.map((line) => ({ ...line, allocatedMinor: paid.get(line.lineId) ?? 0n })),
    allocations: shares.map((share) => ({ ...share, allocationId: share.lineId, paymentId: 'payment' })),
  };
};

/** Credits an invoice whole: its posting, checked to leave the invoice credited and its cash unapplied. */
const cancel = (lines: readonly InvoiceLine[], allocations: readonly StandingAllocation[]) => {
  const credit = creditWhole(lines);
  const effect = effectOfCredit(lines, credit, allocations);
  const settled = lines.map((line) => ({
    ...line,
    allocatedMinor: 0n,
    creditedNetMinor: line.netMinor,
    creditedTaxMinor: line.taxMinor,
  }));
  expect(invoiceStatus(checkBalance(balanceOf(settled)))).toBe('credited');
  return postCreditNote({
    customer,
    revenueMinor: credit.netMinor,
    deferredMinor: 0n,
    taxMinor: credit.taxMinor,
    openMinor: effect.openMinor,
    unappliedMinor: effect.unappliedMinor,
  });
};

describe('from the quote to the cash', () => {
  const part = fc.integer({ min: 1, max: 10_000 });
  const cash = fc.bigInt({ min: 0n, max: 20_000n });

  test('an order delivered, invoiced and paid in parts and then cancelled leaves only unapplied cash', () => {
    fc.assert(
      fc.property(quoteArbitrary, part, cash, (quote, partBps, cashMinor) => {
        const drafts = invoiceInParts(quote, partBps);
        expect(drafts.reduce((sum, draft) => sum + draft.netMinor, 0n)).toBe(quote.netMinor);
        let paidMinor = 0n;
        const ledger = drafts.flatMap((draft) => {
          const { netMinor, taxMinor } = draft;
          const { lines, allocations, allocatedMinor } = pay(issue(draft), cashMinor);
          checkBalance(balanceOf(lines));
          paidMinor += allocatedMinor;
          return [
            ...postDeliveredInvoice({ customer, netMinor, taxMinor }),
            ...postPayment({ customer, cashAccount: 'cash', allocatedMinor, unappliedMinor: 0n }),
            ...(draft.grossMinor === 0n ? [] : cancel(lines, allocations)),
          ];
        });
        const left = Object.entries(balances(ledger)).filter(([, amountMinor]) => amountMinor !== 0n);
        expect(Object.fromEntries(left)).toEqual(
          paidMinor === 0n ? {} : { cash: paidMinor, unapplied_cash: -paidMinor },
        );
      }),
      { numRuns: 150 },
    );
  });

  test('an order invoiced at once is earned delivery by delivery until nothing is deferred', () => {
    fc.assert(
      fc.property(quoteArbitrary, fc.integer({ min: 1, max: 10_000 }), (quote, partBps) => {
        const ledger = invoiceRest(orderOf(quote)).flatMap(({ netMinor, taxMinor }) =>
          postInvoiceOnOrder({ customer, netMinor, taxMinor }),
        );
        let earned = orderOf(quote);
        for (const delivery of deliveriesOf(quote, partBps)) {
          const drafts = partInvoice(earned, delivery);
          earned = bill(earned, drafts);
          const netMinor = drafts.reduce((sum, draft) => sum + draft.netMinor, 0n);
          ledger.push(...postRevenueEarned({ netMinor }));
        }
        const sums = balances(ledger);
        expect(sums.deferred_revenue ?? 0n).toBe(0n);
        expect(sums.revenue ?? 0n).toBe(-quote.netMinor);
        expect(sums.receivable ?? 0n).toBe(quote.grossMinor);
      }),
      { numRuns: 100 },
    );
  });
});
