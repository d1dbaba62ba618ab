// Decides the tax of one document: per treatment and rate on the summed base, then shared over the lines, so
// every line has net, tax and gross. It also splits lines that may not share a document. It picks no rate.
import { percentOf } from '../money/amounts.js';
import { shareByWeight, shareExact } from '../money/shares.js';
import type { Treatment } from './treatment.js';

export interface TaxableLine {
  readonly netMinor: bigint;
  readonly treatment: Treatment;
  readonly rateBps: number;
}

export interface LineTax {
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
}

export interface TaxGroup {
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
}

export interface TaxedDocument<L extends TaxableLine> {
  readonly lines: readonly (L & LineTax)[];
  readonly groups: readonly TaxGroup[];
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly grossMinor: bigint;
}

/**
 * Taxes the lines of one document. Lines of one sign share their group's tax by net; where signs are mixed
 * each line stands at its own exact tax before the remainders are handed out, because sharing by a net that
 * nearly cancels would give a line more tax than its rate. RangeError when O meets another category.
 */
export function taxDocument<L extends TaxableLine>(lines: readonly L[]): TaxedDocument<L> {
  if (splitDocuments(lines).length > 1)
    throw new RangeError('treatment O shares a document with another one');
  const taxes = lines.map(() => 0n);
  const groups: TaxGroup[] = [];
  for (const members of groupByRate(lines)) {
    const nets = members.map(({ line }) => line.netMinor);
    const { treatment, rateBps } = (members[0] as (typeof members)[number]).line;
    const netMinor = sum(nets);
    const taxMinor = percentOf(netMinor, rateBps);
    const shares = shareTax(taxMinor, nets, rateBps);
    for (const [position, { index }] of members.entries()) taxes[index] = shares[position] ?? 0n;
    groups.push({ treatment, rateBps, netMinor, taxMinor });
  }
  const taxed = lines.map((line, index) => {
    const taxMinor = taxes[index] ?? 0n;
    return { ...line, taxMinor, grossMinor: line.netMinor + taxMinor };
  });
  const netMinor = sum(groups.map((group) => group.netMinor));
  const taxMinor = sum(groups.map((group) => group.taxMinor));
  return { lines: taxed, groups, netMinor, taxMinor, grossMinor: netMinor + taxMinor };
}

/** Splits lines into the documents they need: O never shares one with another category. Order is kept. */
export function splitDocuments<L extends { readonly treatment: Treatment }>(lines: readonly L[]): L[][] {
  const inScope = lines.filter((line) => line.treatment !== 'O');
  const outside = lines.filter((line) => line.treatment === 'O');
  return [inScope, outside].filter((document) => document.length > 0);
}

/** Lines with their index, grouped by treatment and rate in order of first appearance. */
export function groupByRate<L extends { readonly treatment: Treatment; readonly rateBps: number }>(
  lines: readonly L[],
): { line: L; index: number }[][] {
  const groups = new Map<string, { line: L; index: number }[]>();
  for (const [index, line] of lines.entries()) {
    const key = `${line.treatment}/${line.rateBps}`;
    const members = groups.get(key);
    if (members) members.push({ line, index });
    else groups.set(key, [{ line, index }]);
  }
  return [...groups.values()];
}

function shareTax(taxMinor: bigint, nets: readonly bigint[], rateBps: number): bigint[] {
  if (nets.every((net) => net === 0n)) return nets.map(() => 0n);
  if (nets.every((net) => net >= 0n)) return shareByWeight(taxMinor, nets);
  const mirrored = nets.map((net) => -net);
  if (mirrored.every((net) => net >= 0n)) return shareByWeight(taxMinor, mirrored);
  return shareExact(
    taxMinor,
    nets.map((net) => net * BigInt(rateBps)),
    10_000n,
  );
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
