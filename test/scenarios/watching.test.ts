// The product as operations see it while people work with it: every metric an alert or a panel names is there, one
// click is one trace from its request to its SQL, and nothing of a person stands in a metric, a span or a log.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { SMTPServer } from 'smtp-server';
import { logOptions } from '../../contracts/redacted.js';
import { askDoctor } from '../support/doctor.js';
import { type Json, openScene, type Scene, until } from '../support/product.js';
import { metricsIn } from '../support/promql.js';
import { accepted, captured, delivered, handleOf, inStage, paid } from '../support/sale.js';
import { EXPRESSIONS } from '../support/watch.js';

/** Words of people, each found nowhere else. */
const CANARIES = [
  'Zwetlana',
  'Kanarienvogel',
  'zwetlana@kanarien.example',
  'Kanarien Werke',
  'rufen-Sie-mich-an',
];
const [FIRST, LAST, MAIL, COMPANY, TEXT] = CANARIES as [string, string, string, string, string];

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

const logged: string[] = [];
const spans: Span[] = [];
let exported = '';
let scene: Scene;
let collector: Server;
let mail: SMTPServer;
let scraped = '';

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  collector = createServer((request, answer) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      exported += text;
      for (const { scopeSpans } of JSON.parse(text).resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans);
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  // It refuses the customer and quotes the address, as mail servers do.
  mail = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) => done(address === MAIL ? refusal(address) : null),
    onData: (stream, _session, done) => {
      stream.on('end', () => done()).resume();
    },
  });
  await new Promise<void>((resolve) => void mail.listen(0, '127.0.0.1', resolve));
  scene = await openScene({
    settings: {
      L2C_METRICS_PORT: '0',
      L2C_CACHED_WORKFLOWS: '10',
      L2C_API_METRICS_PORT: '0',
      L2C_TRACES_URL: `http://127.0.0.1:${portOf(collector)}/v1/traces`,
      SMTP_URL: `smtp://127.0.0.1:${portOf(mail.server)}`,
    },
    log: pino(logOptions('trace'), { write: (line: string) => void logged.push(line) }),
  });
});
afterAll(async () => {
  await scene?.close();
  await new Promise<void>((resolve) => (mail ? mail.close(resolve) : resolve()));
  collector?.closeAllConnections();
  collector?.close();
});

const refusal = (address: string): Error =>
  Object.assign(new Error(`no mailbox ${address} here`), { responseCode: 550 });

async function scrape(): Promise<string> {
  const pages = await Promise.all(scene.pages().map(async (url) => (await fetch(url)).text()));
  const text = pages.join('');
  scraped += text;
  return text;
}

/** The value of a series as the page writes it; undefined where it is not there. */
const figureOf = (page: string, series: string): number | undefined => {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

describe('while a deal goes through', () => {
  let leadId: string;

  beforeAll(async () => {
    const lead = await captured(scene, 'kanarien', {
      contact: {
        name: `${FIRST} ${LAST}`,
        email: MAIL,
        phone: '+49 30 9876543',
        company: COMPANY,
        country: 'DE',
      },
      interest: `desks, ${TEXT}`,
    });
    leadId = lead.id;
    const rep = handleOf(scene, lead.owner);
    await scene.post(rep, `/v1/leads/${leadId}/qualification`, { decision: 'qualify', reason: TEXT });
    const draft = await scene.post(rep, `/v1/leads/${leadId}/quotes`, {
      lines: [{ sku: 'DESK-160', quantity: '10' }],
    });
    const quote = await scene.post(rep, `/v1/quotes/${draft.id}/submission`, { revision: 1 });
    const order = await accepted(scene, { leadId, rep, quote });
    const invoice = await delivered(scene, order);
    await paid(scene, invoice);
    await inStage(scene, leadId, 'closed');
  });

  test('a click is one trace: its request, the update, the step, and the SQL of both', async () => {
    const of = (name: string): Span | undefined => spans.find((span) => span.name === name);
    const request = await until('the request was exported', async () =>
      of('POST /v1/leads/:id/qualification'),
    );
    const step = await until('the step was exported', async () => of('step qualifyLead'));
    const update = of('update qualifyLead');
    expect(step.traceId).toBe(request.traceId);
    expect([update?.traceId, update?.parentSpanId]).toEqual([request.traceId, request.spanId]);
    expect(step.parentSpanId).toBe(update?.spanId);
    const under = (parent: Span): string[] =>
      spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name);
    expect(under(request).length).toBeGreaterThan(1); // Signing in, storing the message, reading the lead.
    expect(under(step)).toContain('begin');
    expect(under(step).length).toBeGreaterThan(3);
    const own = new Set(
      spans.filter(({ name }) => name === 'step qualifyLead').map(({ traceId }) => traceId),
    );
    expect(own.size).toBe(1); // Another lead's step is another trace.
  });

  test('a step of a timer or a fact begins a trace of its own, and other routes are theirs', () => {
    const requests = new Set(
      spans.filter(({ name }) => /^(GET|POST|PUT) /.test(name)).map(({ traceId }) => traceId),
    );
    const steps = spans.filter(({ name }) => name === 'step scoreLead');
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.filter(({ traceId }) => requests.has(traceId))).toEqual([]);
    expect(spans.filter(({ name }) => /metrics|health/.test(name))).toEqual([]);
  });

  test('the page of the business shows its money, the one everybody reaches does not', async () => {
    await scene.post('elena', '/v1/payments', {
      reference: 'WATCHED-1',
      amount: { amount: '12.34', currency: 'EUR' },
      paidOn: scene.day(),
      method: 'bank_transfer',
      payer: `${FIRST} ${LAST}`,
      remittance: TEXT,
    });
    const page = await scrape();
    expect(page).toContain('l2c_receivables_open');
    const open = await (await fetch(`${scene.url}/metrics`)).text();
    expect(open).toContain('l2c_http_request_seconds_count');
    expect(open).not.toMatch(/l2c_receivables|l2c_unapplied|l2c_commission|l2c_leads/);
  });
});

describe('the doctor of a product that runs', () => {
  test('says how work moves, with its figures', async () => {
    const { of, verdict, code } = await askDoctor(scene);
    expect(of('versions')?.detail).toMatch(/^product \d.*, PostgreSQL 1\d.*, engine 1\.\d+/);
    expect(of('worker')).toMatchObject({ ok: true, figures: { pollers: 1, oldestMs: 0 } });
    const started = of('schedule to start');
    expect(started).toMatchObject({ ok: true, detail: expect.stringContaining('ms for a worker') });
    expect(started?.figures?.tasks).toBeGreaterThan(3);
    expect(Math.abs(of('clocks')?.figures?.skewMs ?? 99_999)).toBeLessThan(1_000);
    expect(of('disk')?.figures?.freeBytes).toBeGreaterThan(0);
    expect(of('messages')).toMatchObject({ ok: true, figures: { stuck: 0 } });
    expect(of('waits')).toMatchObject({ ok: true, figures: { oldestS: 0 } });
    // The servers of a test run are not durable, and that is found.
    expect(of('database settings')).toMatchObject({ ok: false });
    expect(verdict).toMatch(/^1 of \d+ checks found something: database settings$/);
    expect(code).toBe(1);
  });
});

describe('while things go wrong', () => {
  test('work that waits is counted while no worker is there', async () => {
    const sold = await captured(scene, 'watched-one');
    await scene.stopWorker();
    await scene.post('ana', '/v1/leads', {
      source: { channel: 'website' },
      contact: { name: `${FIRST} ${LAST}`, email: `second-${MAIL}`, company: COMPANY, country: 'DE' },
    });
    await scene.pass(60);
    const page = await until('the gauges were read again', async () => {
      const text = await scrape();
      return figureOf(text, 'l2c_messages_untold{kind="fact"}') === 1 && text;
    });
    expect(figureOf(page, 'l2c_waits_overdue{kind="qualification"}')).toBeGreaterThanOrEqual(1);
    expect(figureOf(page, 'l2c_waits_overdue_oldest_seconds{kind="qualification"}')).toBeGreaterThan(86_400);
    expect(sold.stage).toBe('new');
  });

  test('the doctor finds it, and says what to do', async () => {
    const { owner } = scene.database;
    await owner.query(`insert into tasks (id, kind, subject, role, created_at)
      values ('task_watched', 'step_stuck', 'watched', 'operations', now())`);
    const { of, verdict, code } = await askDoctor(scene);
    await owner.query(`delete from tasks where id = 'task_watched'`);
    expect(of('waits')).toMatchObject({ ok: false });
    expect(of('waits')?.detail).toMatch(/past their time \(.*\), the oldest for \d+ s: GET \/v1\/waits/);
    expect(of('stuck steps')).toMatchObject({ ok: false, figures: { stuck: 1 } });
    expect(verdict).toMatch(/checks found something: .*waits, stuck steps/);
    expect(code).toBe(1);
  });

  test('a lead that is not in memory and code that fails are seen by the SDK', async () => {
    await scene.startWorker();
    const [first] = await Promise.all(
      Array.from({ length: 12 }, (_, at) => captured(scene, `watched-many-${at}`)),
    );
    await scene.post(handleOf(scene, first.owner), `/v1/leads/${first.id}/qualification`, {
      decision: 'qualify',
    });
    const { client, taskQueue } = scene.product.engine;
    const { workflowId } = await client.workflow.start('nobodyKnowsThis', {
      taskQueue,
      workflowId: `unknown/${taskQueue}`,
      workflowTaskTimeout: '5s',
    });
    const names = ['temporal_sticky_cache_miss', 'temporal_workflow_task_execution_failed'];
    await until('both are counted', async () => {
      const text = await scrape();
      return names.every((name) => new RegExp(`^${name}[{ ]`, 'm').test(text));
    });
    await client.workflow.getHandle(workflowId).terminate('seen');
  });

  test('every metric an alert or a panel names is one the product exports', () => {
    // A gauge of what there is none of at the moment is announced without a value.
    const shown = new Set(
      [...scraped.matchAll(/^(?:# TYPE )?([a-zA-Z_:][\w:]*)[{ ]/gm)].map(([, name]) => name),
    );
    shown.add('up'); // Prometheus's own.
    const lacking = EXPRESSIONS.flatMap(([where, expression]) =>
      metricsIn(expression).flatMap((name) => (shown.has(name) ? [] : [`${where}: ${name}`])),
    );
    expect(lacking).toEqual([]);
    expect(shown.has('l2c_nothing_of_the_kind')).toBe(false);
  });

  test('nothing of a person is logged, traced or counted, whatever is refused or fails', async () => {
    const refused = async (path: string, body: unknown): Promise<void> => {
      const { status } = await scene.call('ana', path, { method: 'POST', body });
      expect(status).toBeGreaterThanOrEqual(400);
    };
    await refused('/v1/leads', { contact: { name: FIRST, email: `${TEXT} no mail` } });
    await refused('/v1/leads', { [TEXT]: FIRST });
    await refused(`/v1/leads/${encodeURIComponent(MAIL)}/qualification`, {
      decision: 'qualify',
      reason: TEXT,
    });
    await scene.call('ana', `/v1/leads?q=${encodeURIComponent(LAST)}`);
    await scene.call('ana', '/v1/leads', { method: 'POST', raw: `{"name": "${FIRST}` });
    await broken();
    await until('the mail that was refused is in the log or its task', async () => {
      const { items } = await scene.get('admin', '/v1/tasks?status=open');
      return items.some(({ kind }: Json) => kind === 'mail_failed');
    });
    expect(logged.length).toBeGreaterThan(50);
    expect(logged.some((line) => line.includes('step failed'))).toBe(true);
    const told = [...logged, ...exported.split('"traceId"'), ...scraped.split('\n')];
    for (const word of CANARIES) expect(told.filter((line) => line.includes(word))).toEqual([]);
    const ids = Object.values(scene.people).map(({ personId }) => personId);
    for (const id of ids) expect(exported).not.toContain(id);
    expect(logged.filter((line) => /l2c_[0-9a-z]{26}/.test(line))).toEqual([]);
  });

  /** A step that meets a row its code does not expect: Postgres quotes the text somebody typed. */
  async function broken(): Promise<void> {
    const { id, owner } = await captured(scene, 'watched-two');
    await scene.database.owner.query(`create function quote_it() returns trigger language plpgsql as $$
      begin perform '${FIRST} ${MAIL}'::date; return new; end $$;
      create trigger quote_it before update on leads for each row when (new.id = '${id}') execute function quote_it()`);
    const { status } = await scene.call(handleOf(scene, owner), `/v1/leads/${id}/qualification`, {
      method: 'POST',
      body: { decision: 'qualify' },
    });
    expect(status).toBe(202);
    await scene.database.owner.query('drop trigger quote_it on leads; drop function quote_it()');
  }
});
