// Amounts inside free-form records (a task's reason, the detail of a change): kept as minor units, told as money.
import { wireMoney } from './money.js';

const MINOR = /^[a-z][A-Za-z]*Minor$/;

/**
 * Turns every `fooMinor` of a record, at any depth, into `foo: {"amount","currency"}`, in the record's own
 * `currency` or else the one given. What has no currency at all keeps its name: a number nobody can read as money.
 */
export function amountsToWire(value: unknown, currency: string | null): unknown {
  if (Array.isArray(value)) return value.map((inner) => amountsToWire(inner, currency));
  if (typeof value !== 'object' || value === null) return value;
  const own = (value as { currency?: unknown }).currency;
  const inUse = typeof own === 'string' ? own : currency;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isAmount = MINOR.test(name) && (typeof inner === 'string' || typeof inner === 'number');
      if (!isAmount || inUse === null) return [name, amountsToWire(inner, inUse)];
      return [name.slice(0, -'Minor'.length), wireMoney(String(inner), inUse)];
    }),
  );
}
