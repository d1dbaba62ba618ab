// The answer is lost after the effect: between each pair, all through a golden lead, the connection is cut the
// moment a request was done. Each effect stands once, and who asked finds out by asking.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Customer, goldenLead, type Meanwhile } from './golden.js';
import { type Network, openNetwork } from './network.js';
import { arrivals, settled } from './settled.js';
import { postgresWatch, smtpWatch } from './watches.js';

const isLong = process.env.L2C_LONG === '1';

let network: Network;
let undisturbed: unknown;
beforeAll(async () => {
  network = await openNetwork();
  const leadId = await goldenLead(network.scene, new Customer(network.scene), 'undisturbed');
  undisturbed = await settled(network, leadId);
}, 120_000);
afterEach(() => network?.heal());
afterAll(() => network?.close());

/** Every second one, so that each is lost once and its repetition comes through. */
const everySecond = (index: number): boolean => index % 2 === 0;

/** A golden lead while the answers get lost; what it leaves behind is what one leaves that nothing happened to. */
async function toTheEnd(
  company: string,
  meanwhile?: Meanwhile,
): Promise<{ leadId: string; customer: Customer }> {
  const { scene } = network;
  const customer = new Customer(scene);
  const leadId = await goldenLead(scene, customer, company, meanwhile);
  expect(await settled(network, leadId)).toEqual(undisturbed);
  return { leadId, customer };
}

/** The calls of the engine whose effect is its own: an update, a start, a signal, the end of a task. */
const telling = /^(UpdateWorkflowExecution|StartWorkflow|SignalWithStart|SignalWorkflow|Respond)/;
function everySecondOf(calls: RegExp): (method: string) => boolean {
  const met = new Map<string, number>();
  return (method) => {
    if (!calls.test(method)) return false;
    const index = met.get(method) ?? 0;
    met.set(method, index + 1);
    return everySecond(index);
  };
}

function cutCalls(pair: 'API–engine' | 'worker–engine', calls: RegExp): () => readonly string[] {
  const relay = network.calls[pair];
  const before = relay.cut.length;
  relay.cutAfter(everySecondOf(calls));
  return () => relay.cut.slice(before);
}

describe('an answer that is lost after its effect, all through a golden lead', () => {
  test('API–Postgres: every second decision stored and every second commit; the same key finds what was done', async () => {
    const proxy = network.between['API–Postgres'];
    const before = proxy.cuts;
    proxy.cutAfter(postgresWatch(/put_decision|commit\0/, everySecond));
    const { customer } = await toTheEnd('api-postgres');
    const lost = proxy.cuts - before;
    expect(lost).toBeGreaterThanOrEqual(8); // Capture, draft, delivery, payment; four decisions.
    // Whoever pressed was told "the database is away", never that nothing had happened.
    expect(customer.asked.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(8);
  }, 60_000);

  test('worker–Postgres: every second commit of a step and mark of a mail; the step finds its own answer', async () => {
    const proxy = network.between['worker–Postgres'];
    const before = proxy.cuts;
    proxy.cutAfter(postgresWatch(/commit\0|mail_sent/, everySecond));
    const { leadId, customer } = await toTheEnd('worker-postgres');
    expect(proxy.cuts - before).toBeGreaterThanOrEqual(10);
    expect(customer.asked.every(({ status }) => status < 300)).toBe(true);
    // The mark stood already: nobody sent a mail again that was known to be sent.
    expect(await arrivals(network, leadId)).toEqual(expect.arrayContaining([1]));
  }, 60_000);

  test('API–engine: of every second update; it is asked for again under its id and answers as if nothing was', async () => {
    const lost = cutCalls('API–engine', telling);
    const { customer } = await toTheEnd('api-engine');
    expect(lost().length).toBeGreaterThanOrEqual(4);
    expect(customer.asked.every(({ status, ms }) => status < 300 && ms < 8_500)).toBe(true);
  }, 60_000);

  test('worker–engine: of every second task done and fact told; told twice, done once', async () => {
    const lost = cutCalls('worker–engine', telling);
    const relay = network.calls['worker–engine'];
    const before = relay.answered.length;
    const meanwhile = (move: string): void => {
      // The engine hands the work of a mail out with such an answer: lost, it is handed out again after 30 s.
      if (!isLong && move === 'approval') network.heal();
      if (move !== 'delivery') return;
      // The SDK asks for an update again under its id, so the relay finds out only when none of the answers comes.
      const others = isLong ? everySecondOf(telling) : () => false;
      relay.cutAfter((method) => method === 'UpdateWorkflowExecution' || others(method));
    };
    const { leadId, customer } = await toTheEnd('worker-engine', meanwhile);
    expect(new Set(lost())).toContain('RespondWorkflowTaskCompleted');
    expect(new Set(lost())).toContain('StartWorkflowExecution');
    expect(new Set(lost())).toContain('UpdateWorkflowExecution');
    // A fact whose telling lost every answer is claimed again, has its answer in its row by then, and is told no more.
    const { rows } = await network.scene.database.owner.query<{ attempts: number; answered: boolean }>(
      `select attempts, answer is not null as answered from messages
        where lead_id = $1 and name = 'deliveryRecorded'`,
      [leadId],
    );
    expect(rows).toEqual([{ attempts: expect.any(Number), answered: true }]);
    expect(rows[0]?.attempts).toBeGreaterThanOrEqual(2);
    if (!isLong) expect(relay.answered.slice(before)).not.toContain('SignalWithStartWorkflowExecution');
    expect(customer.asked.every(({ status, ms }) => status < 300 && ms < 8_500)).toBe(true);
  }, 300_000);

  test('worker–mail: of every second mail; it comes again as the same mail', async () => {
    const proxy = network.between['worker–mail'];
    const before = proxy.cuts;
    proxy.cutAfter(smtpWatch(everySecond));
    const { leadId } = await toTheEnd('worker-mail');
    const lost = proxy.cuts - before;
    expect(lost).toBeGreaterThanOrEqual(2);
    const times = await arrivals(network, leadId);
    expect(times.reduce((sum, each) => sum + each, 0)).toBe(times.length + lost);
  }, 60_000);

  const inLongRuns = isLong ? test : test.skip;
  inLongRuns(
    'worker–Postgres: of every second statement of relay and sweep; what was claimed is claimed again',
    async () => {
      const proxy = network.between['worker–Postgres'];
      const before = proxy.cuts;
      proxy.cutAfter(postgresWatch(/claim_facts|claim_decisions|mark_told|commit\0/, everySecond));
      await toTheEnd('worker-claims');
      expect(proxy.cuts - before).toBeGreaterThanOrEqual(10);
    },
    180_000,
  );

  inLongRuns(
    'worker–engine: of every second task handed out; it is handed out again when its time is over',
    async () => {
      const lost = cutCalls('worker–engine', /^PollWorkflowTaskQueue$/);
      const { customer } = await toTheEnd('worker-polls');
      expect(lost().length).toBeGreaterThanOrEqual(3);
      expect(customer.asked.every(({ status, ms }) => status < 300 && ms < 8_500)).toBe(true);
    },
    180_000,
  );
});
