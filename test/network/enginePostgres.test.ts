// Between the engine and its database, in the middle of a golden lead: slow, reset, a black hole, half open, healed
// later; and answers cut off after the statement was forwarded. The development server keeps a file, so this is the
// real one on a Postgres of its own. `npm run test:long`, where it can be had.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type RealServer, startRealServer } from '../../engine/realServer.js';
import { machineSettings } from '../../engine/settings.js';
import { openScene, type Scene } from '../support/product.js';
import { whyNoRealServer } from '../support/realServer.js';
import { Customer, goldenLead, type Meanwhile } from './golden.js';
import { type MailServer, openMailServer } from './mailServer.js';
import { settled } from './settled.js';
import { type Fault, TcpProxy } from './tcpProxy.js';
import { postgresWatch } from './watches.js';

// Building it takes ten minutes on two cores that are busy.
const OPENING_MS = 1_800_000;
const LIMIT_MS = 300_000;
/** Longer than a decision waits for the engine, and than the engine waits for its database. */
const BROKEN_MS = 12_000;
/** As the API promises whoever asks while the engine is away: stored, and its message's address. */
const STATUSES = [200, 201, 202];
const WITHIN_MS = 8_500;

const whyNot = await whyNoRealServer();

(whyNot ? describe.skip : describe)(`engine–Postgres${whyNot ? ` (${whyNot})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-network-'));
  let between: TcpProxy;
  let server: RealServer | undefined;
  let mail: MailServer | undefined;
  let scene: Scene | undefined;
  let undisturbed: unknown;

  beforeAll(async () => {
    chmodSync(folder, 0o711); // As root the database runs as somebody else.
    server = await startRealServer({
      ...machineSettings(process.env),
      env: process.env,
      stateDir: folder,
      timerMaxShiftMs: 20,
      databasePort: async (port) => {
        between = await TcpProxy.open({ host: '127.0.0.1', port });
        return between.port;
      },
    });
    mail = await openMailServer();
    const { port } = mail;
    scene = await openScene({
      temporalAddress: server.address,
      ways: async (straight) => ({
        api: straight,
        worker: straight,
        smtpUrl: `smtp://127.0.0.1:${port}`,
      }),
    });
    undisturbed = (await toTheEnd('undisturbed')).left;
  }, OPENING_MS);
  afterEach(() => between?.heal());
  afterAll(async () => {
    await scene?.close();
    await mail?.close();
    await server?.stop();
    await between?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function toTheEnd(company: string, meanwhile?: Meanwhile) {
    if (!scene || !mail) throw new RangeError('the scene is not open');
    const customer = new Customer(scene);
    const leadId = await goldenLead(scene, customer, company, meanwhile);
    const doneAt = Date.now();
    return { customer, doneAt, left: await settled({ scene, mail }, leadId) };
  }

  const faults: readonly Fault[] = [
    { kind: 'slow', ms: 40 },
    { kind: 'reset' },
    { kind: 'blackHole' },
    { kind: 'halfOpen' },
  ];
  test.each(faults)(
    '× $kind, in the middle of a golden lead: nothing is lost, nothing happens twice',
    async (fault) => {
      let brokenAt = 0;
      let healing = Promise.resolve();
      const company = `engine-${fault.kind}`.toLowerCase();
      const { customer, doneAt, left } = await toTheEnd(company, (move) => {
        if (move !== 'submission') return;
        expect(between.connections).toBeGreaterThan(4); // All services go this way.
        brokenAt = Date.now();
        between.break(fault);
        // Half open heals by itself: every new connection works, those of before never will.
        if (fault.kind !== 'halfOpen') healing = pause(BROKEN_MS).then(() => between.heal());
      });
      await healing;
      expect(left).toEqual(undisturbed);
      report(fault.kind, customer, { brokenAt, doneAt });
      expect(customer.asked.filter(({ status }) => !STATUSES.includes(status))).toEqual([]);
      expect(customer.asked.filter(({ ms }) => ms > WITHIN_MS)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'whose answers are cut off after every fifth commit: what is unknown is asked for, not done again',
    async () => {
      const [brokenAt, before] = [Date.now(), between.cuts];
      between.cutAfter(postgresWatch(/commit\0/i, (index) => index % 5 === 0));
      const { customer, doneAt, left } = await toTheEnd('engine-cut-after');
      expect(left).toEqual(undisturbed);
      report(`cut after ${between.cuts - before} commits`, customer, { brokenAt, doneAt });
      expect(between.cuts - before).toBeGreaterThanOrEqual(10);
      expect(customer.asked.filter(({ status }) => !STATUSES.includes(status))).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** The figures of docs/operations.md, "When the network fails". */
function report(what: string, { asked }: Customer, at: { brokenAt: number; doneAt: number }): void {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const slowest = Math.max(...asked.map(({ ms }) => ms));
  const unknown = asked.filter(({ status }) => status === 202).length;
  process.stderr.write(
    `engine–Postgres × ${what}: slowest answer ${seconds(slowest)}, 202 × ${unknown}, closed ` +
      `${seconds(at.doneAt - at.brokenAt)} after the network broke, settled ${seconds(Date.now() - at.brokenAt)}\n`,
  );
}
