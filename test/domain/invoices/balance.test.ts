import { describe, expect, test } from '@jest/globals';
import {
  balanceOf,
  checkBalance,
  type InvoiceBalance,
  type InvoiceLine,
  invoiceStatus,
} from '../../../domain/invoices/balance.js';
import { dueOn, type PaymentTerms } from '../../../domain/invoices/terms.js';

const line = (changes: Partial<InvoiceLine>): InvoiceLine => ({
  lineId: 'a',
  lineNo: 1,
  treatment: 'S',
  rateBps: 2100,
  netMinor: 1000n,
  taxMinor: 210n,
  grossMinor: 1210n,
  creditedNetMinor: 0n,
  creditedTaxMinor: 0n,
  allocatedMinor: 0n,
  toleratedMinor: 0n,
  writtenOffMinor: 0n,
  ...changes,
});

describe('the status of an invoice', () => {
  const cases: [string, Partial<InvoiceLine>, string, bigint][] = [
    ['nothing paid', {}, 'open', 1210n],
    ['one unit paid', { allocatedMinor: 1n }, 'partly_paid', 1209n],
    ['one unit open', { allocatedMinor: 1209n }, 'partly_paid', 1n],
    ['all paid', { allocatedMinor: 1210n }, 'paid', 0n],
    ['paid but for a tolerated difference', { allocatedMinor: 1209n, toleratedMinor: 1n }, 'paid', 0n],
    ['partly credited, nothing paid', { creditedNetMinor: 500n, creditedTaxMinor: 105n }, 'open', 605n],
    [
      'credited and paid',
      { creditedNetMinor: 500n, creditedTaxMinor: 105n, allocatedMinor: 605n },
      'paid',
      0n,
    ],
    ['credited whole', { creditedNetMinor: 1000n, creditedTaxMinor: 210n }, 'credited', 0n],
    ['written off whole', { writtenOffMinor: 1210n }, 'written_off', 0n],
    ['the rest written off', { allocatedMinor: 1000n, writtenOffMinor: 210n }, 'written_off', 0n],
    ['an invoice of nothing', { netMinor: 0n, taxMinor: 0n, grossMinor: 0n }, 'paid', 0n],
  ];
  test.each(cases)('%s', (_name, changes, status, openMinor) => {
    const balance = checkBalance(balanceOf([line(changes)]));
    expect([invoiceStatus(balance), balance.openMinor]).toEqual([status, openMinor]);
  });
});

describe('identity I2', () => {
  const whole: InvoiceBalance = {
    grossMinor: 100n,
    allocatedMinor: 40n,
    creditedMinor: 30n,
    toleratedMinor: 1n,
    writtenOffMinor: 9n,
    openMinor: 20n,
  };

  test('holds when the parts make the total', () => {
    expect(checkBalance(whole)).toBe(whole);
  });

  test.each(Object.keys(whole) as (keyof InvoiceBalance)[])('is broken by one unit more in %s', (part) => {
    expect(() => checkBalance({ ...whole, [part]: whole[part] + 1n })).toThrow(RangeError);
  });

  test('allows nothing open below zero', () => {
    expect(() => checkBalance({ ...whole, allocatedMinor: 61n, openMinor: -1n })).toThrow(/has -1 open/);
  });
});

describe('the due date', () => {
  test.each<[PaymentTerms, string, string]>([
    [{ kind: 'net', days: 0 }, '2026-11-22', '2026-11-22'],
    [{ kind: 'net', days: 30 }, '2026-11-22', '2026-12-22'],
    [{ kind: 'net', days: 30 }, '2026-01-31', '2026-03-02'],
    [{ kind: 'net', days: 1 }, '2028-02-28', '2028-02-29'],
    [{ kind: 'net', days: 14 }, '2026-12-25', '2027-01-08'],
    [{ kind: 'end_of_month', days: 0 }, '2026-11-22', '2026-11-30'],
    [{ kind: 'end_of_month', days: 0 }, '2026-11-30', '2026-11-30'],
    [{ kind: 'end_of_month', days: 30 }, '2026-11-01', '2026-12-30'],
    [{ kind: 'end_of_month', days: 15 }, '2026-02-03', '2026-03-15'],
    [{ kind: 'end_of_month', days: 10 }, '2028-02-03', '2028-03-10'],
    [{ kind: 'end_of_month', days: 1 }, '2026-12-31', '2027-01-01'],
  ])('%j from %s is %s', (terms, issuedOn, due) => {
    expect(dueOn(terms, issuedOn)).toBe(due);
  });

  test.each([-1, 0.5])('terms of %d days are a bug', (days) => {
    expect(() => dueOn({ kind: 'net', days }, '2026-11-22')).toThrow(RangeError);
  });
});
