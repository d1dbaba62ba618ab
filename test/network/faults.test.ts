// Between each pair, in the middle of a golden lead: slow, reset, a black hole, half open; healed later. The lead
// runs to its end, each effect stands once, and whoever asks meanwhile is answered in time. `npm run test:long`.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Asked, Customer, goldenLead } from './golden.js';
import { type Network, openNetwork, type Pair } from './network.js';
import { settled } from './settled.js';
import type { Fault } from './tcpProxy.js';

const inLongRuns = process.env.L2C_LONG === '1' ? describe : describe.skip;

let network: Network;
let undisturbed: unknown;
async function open(): Promise<void> {
  network = await openNetwork();
  const leadId = await goldenLead(network.scene, new Customer(network.scene), 'undisturbed');
  undisturbed = await settled(network, leadId);
}

/** What a pair promises while it is broken. */
interface Promised {
  readonly pair: Pair;
  /** Move before which the network breaks: one that goes through this pair. */
  readonly at: string;
  /** How long it stays broken: longer than whatever waits for it. */
  readonly forMs: number;
  readonly slowMs: number;
  readonly statuses: readonly number[];
  /** No answer takes longer. */
  readonly withinMs: number;
  /** What /health/ready says meanwhile. */
  readonly ready?: object;
}

const promises: readonly Promised[] = [
  {
    pair: 'API–Postgres',
    at: 'submission',
    forMs: 9_000,
    slowMs: 60,
    statuses: [200, 201, 202, 503],
    withinMs: 8_500,
    ready: { database: 'away', engine: 'ready' },
  },
  {
    pair: 'worker–Postgres',
    at: 'submission',
    forMs: 12_000,
    slowMs: 200,
    statuses: [200, 201, 202],
    withinMs: 8_500,
  },
  {
    pair: 'API–engine',
    at: 'submission',
    forMs: 12_000,
    slowMs: 400,
    statuses: [200, 201, 202],
    withinMs: 8_500,
    ready: { database: 'ready', engine: 'away' },
  },
  {
    pair: 'worker–engine',
    at: 'submission',
    forMs: 12_000,
    slowMs: 400,
    statuses: [200, 201, 202],
    withinMs: 8_500,
  },
  {
    pair: 'worker–mail',
    at: 'approval',
    forMs: 14_000,
    slowMs: 1_000,
    statuses: [200, 201, 202],
    withinMs: 8_500,
  },
];
const kinds = ['slow', 'reset', 'blackHole', 'halfOpen'] as const;

inLongRuns('a network that fails in the middle of a golden lead', () => {
  beforeAll(open, 120_000);
  afterEach(() => network?.heal());
  afterAll(() => network?.close());

  const cases = promises.flatMap((promised) => kinds.map((kind) => ({ ...promised, kind })));
  test.each(cases)(
    '$pair × $kind',
    async (promised) => {
      const { pair, kind, statuses, withinMs } = promised;
      const { scene } = network;
      const customer = new Customer(scene);
      let healedAt = 0;
      let healing: Promise<void> | undefined;
      const company = `${pair}-${kind}`.toLowerCase().replace('–', '-');
      const since = Date.now();
      const leadId = await goldenLead(scene, customer, company, (move) => {
        if (move !== promised.at) return;
        network.between[pair].break(faultOf(promised, kind));
        healing = untilHealed(promised, kind).then(() => {
          network.between[pair].heal();
          healedAt = Date.now();
        });
      });
      const doneAt = Date.now();
      await healing;
      expect(await settled(network, leadId)).toEqual(undisturbed);
      report(pair, kind, customer.asked, { since, healedAt, doneAt, settledAt: Date.now() });
      const late = customer.asked.filter(({ ms }) => ms > withinMs);
      expect(late).toEqual([]);
      const others = customer.asked.filter(({ status }) => !statuses.includes(status));
      expect(others).toEqual([]);
    },
    240_000,
  );

  async function untilHealed({ forMs, ready }: Promised, kind: Fault['kind']): Promise<void> {
    if (kind === 'halfOpen') return; // Every new connection works; those of before never will.
    const since = Date.now();
    if (ready && kind !== 'slow') {
      await pause(200);
      const asked = Date.now();
      const { status, body } = await network.scene.call('admin', '/health/ready');
      expect([status, body]).toEqual([503, expect.objectContaining(ready)]);
      expect(Date.now() - asked).toBeLessThan(4_000);
    }
    await pause(forMs - (Date.now() - since));
  }
});

const faultOf = ({ slowMs }: Promised, kind: Fault['kind']): Fault =>
  kind === 'slow' ? { kind, ms: slowMs } : { kind };

interface Times {
  readonly since: number;
  readonly healedAt: number;
  readonly doneAt: number;
  readonly settledAt: number;
}

/** The figures of docs/operations.md, "When the network fails". */
function report(pair: Pair, kind: string, asked: readonly Asked[], times: Times): void {
  const count = (of: number) => asked.filter(({ status }) => status === of).length;
  const slowest = asked.reduce((worst, each) => (each.ms > worst.ms ? each : worst));
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  process.stderr.write(
    `${pair} × ${kind}: slowest answer ${seconds(slowest.ms)} (${slowest.status} ${slowest.what}), ` +
      `503 × ${count(503)}, 202 × ${count(202)}, closed ${seconds(times.doneAt - times.since)} after capture ` +
      `and ${seconds(times.doneAt - times.healedAt)} after healing, all told and sent ` +
      `${seconds(times.settledAt - times.healedAt)} after it\n`,
  );
}
