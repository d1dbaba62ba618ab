// A company for a story that is disturbed: its database a copy of one that was loaded once, its worker and its API
// processes of their own. Whoever calls the API has what every client should have: an Idempotency-Key and patience.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type pg from 'pg';
import { addSegment, lookToOpenLeads } from '../../activities/intake/clock.js';
import { type EngineClient, openEngineClient } from '../../activities/intake/engineClient.js';
import { ensureAdminKey } from '../../activities/intake/firstBoot.js';
import { callerFor } from '../../cli/http.js';
import { openLeadEngine } from '../../cli/leadEngine.js';
import { SAMPLE_SEED } from '../../cli/sample/chance.js';
import { loadCompany, SAMPLE_ZONE } from '../../cli/sample/company.js';
import type { SampleKey } from '../../cli/sample/file.js';
import type { Handle } from '../../cli/sample/people.js';
import { verify } from '../../cli/verify/verify.js';
import { migrate } from '../../db/migrate.js';
import { openPool } from '../../db/pool.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { choosePort } from '../../engine/ports.js';
import { type MailServer, openMailServer } from '../network/mailServer.js';
import { until } from '../support/until.js';
import { type Kill, type Killed, Supervised, type VictimSettings } from './processes.js';

// biome-ignore lint/suspicious/noExplicitAny: a story reads answers as a client does, without our types.
export type Json = any;
export type Who = Handle | 'admin';

/**
 * Monday, 10:00 in Madrid: days are passed whole, so no run of a few minutes meets a midnight. In a month in which no
 * other test of the run pays out: the ids of payout runs name it, and all share one engine.
 */
const LOADED_AT = Date.UTC(2026, 0, 5, 8);
const BEGINS_AT = Date.UTC(2026, 0, 5, 9);
const DAY_MS = 86_400_000;
const SECONDS_PER_DAY = 86_400;
const PATIENCE_MS = 120_000;

export interface Servers {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly address: string;
}

/** The servers of the test run. */
export function serversOfRun(): Servers {
  const { L2C_TEST_DATABASE_URL, L2C_TEST_APP_DATABASE_URL, L2C_TEST_TEMPORAL_ADDRESS } = process.env;
  if (!L2C_TEST_DATABASE_URL || !L2C_TEST_APP_DATABASE_URL || !L2C_TEST_TEMPORAL_ADDRESS)
    throw new Error('the run has no servers: run without L2C_TEST_NO_STACK');
  return {
    ownerUrl: L2C_TEST_DATABASE_URL,
    appUrl: L2C_TEST_APP_DATABASE_URL,
    address: L2C_TEST_TEMPORAL_ADDRESS,
  };
}

const at = (url: string, database: string): string =>
  Object.assign(new URL(url), { pathname: `/${database}` }).href;

async function onServer(servers: Servers, statement: string): Promise<void> {
  // Without a limit: to copy and to drop a database takes its time on a busy machine.
  const options = { max: 1, applicationName: 'l2c-crash', statementTimeoutMs: 0 };
  const db = openPool(servers.ownerUrl, options);
  try {
    await db.query(statement);
  } finally {
    await db.end();
  }
}

/** The sample company in a database that houses are copied from. */
export class Company {
  private constructor(
    readonly servers: Servers,
    readonly template: string,
    readonly tokens: Readonly<Record<Who, string>>,
    readonly people: Readonly<Record<Handle, SampleKey>>,
    /** Every call of the API that writes, as the API itself lists them: `POST /v1/leads`. */
    readonly calls: readonly string[],
  ) {}

  static async load(servers: Servers): Promise<Company> {
    const template = `crash_${randomUUID().slice(0, 8)}`;
    await onServer(servers, `create database ${template}`);
    await migrate(at(servers.ownerUrl, template));
    const db = openPool(at(servers.ownerUrl, template), { max: 1, applicationName: 'l2c-crash' });
    await db.query(
      `insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values ($1, now(), $2)`,
      [new Date(LOADED_AT), SECONDS_PER_DAY],
    );
    const admin = (await ensureAdminKey(db, new Date(LOADED_AT)))?.token ?? '';
    await db.end();
    const processes = new Processes(servers, template, []);
    try {
      await processes.open();
      await processes.api.start();
      const { url } = processes;
      const known = { baseUrl: url, admin: callerFor(url, admin), seed: SAMPLE_SEED, known: [] };
      const { keys } = await loadCompany({ ...known, onKey: () => undefined });
      // A mail that is cut off takes half a minute until it is tried again: only one story has some.
      const { body } = await known.admin.get<{ body: object }>('/v1/policies/notifications');
      await known.admin.put('/v1/policies/notifications', { ...body, mails: [] }, 1);
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as Json;
      // The codec answers what it is sent; it writes an audit entry where that is encrypted, as it is not here.
      const calls = Object.entries(paths as Json)
        .filter(([path]) => !path.startsWith('/v1/codec/'))
        .flatMap(([path, methods]) =>
          Object.keys(methods as object).flatMap((method) =>
            method === 'get' ? [] : `${method.toUpperCase()} ${path}`,
          ),
        );
      const people = Object.fromEntries(keys.map((key) => [key.handle, key])) as Record<Handle, SampleKey>;
      const tokens = Object.fromEntries(keys.map(({ handle, key }) => [handle, key]));
      const all = { ...tokens, admin } as Record<Who, string>;
      return new Company(servers, template, all, people, calls);
    } finally {
      await processes.stop();
    }
  }

  async drop(): Promise<void> {
    await onServer(this.servers, `drop database ${this.template} with (force)`);
  }
}

/** An activity's name is one word; calls and statements have two. */
const isOfWorker = ({ unit }: Kill): boolean => !unit.includes(' ') || unit.startsWith('worker ');

/** Worker and API of one database. */
class Processes {
  readonly taskQueue = `crash-${randomUUID().slice(0, 8)}`;
  readonly stateDir = mkdtempSync(join(tmpdir(), 'l2c-crash-'));
  readonly #settings: Omit<VictimSettings, 'role'>;
  readonly #kills: readonly Kill[];
  #api: Supervised | undefined;
  readonly worker: Supervised;
  url = '';

  constructor(
    servers: Servers,
    database: string,
    kills: readonly Kill[],
    more: Pick<VictimSettings, 'smtpUrl' | 'faults'> = {},
  ) {
    const { taskQueue, stateDir } = this;
    const appUrl = at(servers.appUrl, database);
    this.#settings = { address: servers.address, appUrl, taskQueue, stateDir, ...more };
    this.#kills = kills;
    this.worker = new Supervised({ ...this.#settings, role: 'worker' }, kills.filter(isOfWorker));
  }

  /** On a port that stays the same when it is started again. */
  async open(): Promise<void> {
    const { port } = await choosePort(undefined);
    const ofApi = this.#kills.filter((kill) => !isOfWorker(kill));
    this.#api = new Supervised({ ...this.#settings, role: 'api', port }, ofApi);
    this.url = `http://127.0.0.1:${port}`;
  }

  get api(): Supervised {
    if (this.#api === undefined) throw new RangeError('the API was not opened yet');
    return this.#api;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#api?.stop(), this.worker.stop()]);
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

export interface HouseOptions {
  readonly kills?: readonly Kill[];
  /** Its mails go to a mail server of its own, which refuses `refused.example`. */
  readonly withMails?: boolean;
  readonly faults?: readonly string[];
  /** Called before a call that writes is sent and before days pass, with what it is; they wait for its end. */
  readonly underWay?: (what: string) => Promise<void>;
}

export interface Sent {
  readonly key?: string;
  readonly ifMatch?: number;
  /** Refusals that mean "it was done" to somebody whose first try was cut off. */
  readonly doneBefore?: readonly string[];
  /** The refusal that is expected. */
  readonly refusal?: string;
}

export class House {
  readonly #processes: Processes;
  readonly #engine: EngineClient;
  readonly #database: string;
  readonly #mail: MailServer | undefined;
  readonly company: Company;
  /** The owner of the database: for looking, and for what no call of the API does. */
  readonly db: pg.Pool;
  #aheadMs = 0;
  #names = 0;

  readonly #underWay: HouseOptions['underWay'];

  private constructor(
    company: Company,
    database: string,
    processes: Processes,
    mail: MailServer | undefined,
    { underWay }: HouseOptions,
  ) {
    this.#underWay = underWay;
    this.#mail = mail;
    this.company = company;
    this.#database = database;
    this.#processes = processes;
    const { ownerUrl, address } = company.servers;
    this.db = openPool(at(ownerUrl, database), { max: 4, applicationName: 'l2c-crash' });
    this.db.on('error', () => undefined);
    this.#engine = openEngineClient({ address }, 'default', []);
  }

  static async open(company: Company, options: HouseOptions = {}): Promise<House> {
    const database = `${company.template}_${randomUUID().slice(0, 8)}`;
    await onServer(company.servers, `create database ${database} template ${company.template}`);
    const { kills = [], faults, withMails } = options;
    const mail = withMails
      ? await openMailServer((address) => !address.endsWith('@refused.example'))
      : undefined;
    const smtpUrl = mail && `smtp://127.0.0.1:${mail.port}`;
    const more = { ...(faults && { faults }), ...(smtpUrl && { smtpUrl }) };
    const processes = new Processes(company.servers, database, kills, more);
    await processes.open();
    const house = new House(company, database, processes, mail, options);
    await house.#segment();
    await Promise.all([processes.api.start(), processes.worker.start()]);
    return house;
  }

  get people(): Company['people'] {
    return this.company.people;
  }

  get worker(): Supervised {
    return this.#processes.worker;
  }

  get api(): Supervised {
    return this.#processes.api;
  }

  get stateDir(): string {
    return this.#processes.stateDir;
  }

  get client(): EngineClient['client'] {
    return this.#engine.client;
  }

  get taskQueue(): string {
    return this.#processes.taskQueue;
  }

  get killed(): readonly Killed[] {
    return [...this.worker.killed, ...this.api.killed];
  }

  /** Until every kill of the plan has happened and both work again. */
  async allKilled(): Promise<void> {
    const both = [this.worker, this.api];
    const isDone = async (): Promise<boolean> => both.every(({ left }) => left.length === 0);
    await this.until('all of the plan was killed', isDone).catch((error: unknown) => {
      throw new Error(`nothing led to ${this.unkept.join(', ')}`, { cause: error });
    });
    await Promise.all(both.map((one) => one.ready()));
  }

  /** Kills of the plan that nothing led to, and ends nobody planned. */
  get unkept(): readonly string[] {
    const left = [...this.worker.left, ...this.api.left].map(({ unit, point }) => `${unit} ${point}`);
    return [...left, ...this.worker.accidents, ...this.api.accidents];
  }

  /** A name that is the same in every run of a story, and new in it. */
  name(kind: string): string {
    this.#names += 1;
    return `${kind}-${this.#names}`;
  }

  /** The business day so many days from now, and the business instant. */
  day(after = 0): string {
    return dateIn(SAMPLE_ZONE, this.#nowMs() + after * DAY_MS);
  }

  instant(): string {
    return new Date(this.#nowMs() - 60_000).toISOString();
  }

  #realMs = Date.now();
  #nowMs(): number {
    return BEGINS_AT + this.#aheadMs + (Date.now() - this.#realMs);
  }

  /** Puts the business so many whole days ahead. */
  async pass(days: number): Promise<void> {
    await this.#underWay?.(`${days} days`);
    this.#aheadMs += days * DAY_MS;
    await this.#segment();
    await this.look();
    this.api.tell('refresh');
    await pause(REFRESH_MS);
  }

  /** Lets a business day take so many real seconds, for what has to ring by itself; `pass` ends it. */
  async hurry(secondsPerDay: number): Promise<void> {
    await this.#segment(secondsPerDay);
    await this.look();
  }

  /** Every open lead reads its row again. */
  async look(): Promise<void> {
    await this.retried(() => lookToOpenLeads(this.db, { ...this.#engine, taskQueue: this.taskQueue }));
  }

  async #segment(secondsPerDay = SECONDS_PER_DAY): Promise<void> {
    const nowMs = Date.now();
    await this.retried(() => addSegment(this.db, { nowMs, anchorMs: this.#nowMs(), secondsPerDay }));
  }

  /** What passes by itself, as a server that comes back, is tried again. */
  async retried<T>(work: () => Promise<T>): Promise<T> {
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      try {
        return await work();
      } catch (error) {
        if (Date.now() > end) throw error;
        await pause(250);
      }
    }
  }

  get(who: Who, path: string): Promise<Json> {
    return this.send(who, 'GET', path);
  }

  post(who: Who, path: string, body?: unknown, sent: Sent = {}): Promise<Json> {
    return this.send(who, 'POST', path, body, { key: randomUUID(), ...sent });
  }

  put(who: Who, path: string, body: unknown, ifMatch: number): Promise<Json> {
    return this.send(who, 'PUT', path, body, { ifMatch, doneBefore: ['stale_version'] });
  }

  /** Sends a call until it is answered: again under its key when the API died, and when its message is answered. */
  async send(who: Who, method: string, path: string, body?: unknown, sent: Sent = {}): Promise<Json> {
    const what = `${who} ${method} ${path}`;
    if (method !== 'GET') await this.#underWay?.(what);
    for (let tries = 1, end = Date.now() + PATIENCE_MS; ; tries++) {
      if (Date.now() > end) throw new Error(`${what} had no answer in ${PATIENCE_MS / 1000} s`);
      let answer: { status: number; body: Json };
      try {
        answer = await this.#once(who, method, path, body, sent);
      } catch (error) {
        // What fetch throws when nobody answers; it is of another realm than ours, where `instanceof` is false.
        if ((error as Error).name !== 'TypeError') throw error;
        await pause(50);
        continue;
      }
      const { status, body: said } = answer;
      if (status === 202 && said?.state === 'pending') await this.#answered(who, said.message);
      else if (status < 300) return said;
      else if (sent.refusal !== undefined && said?.code === sent.refusal) return said;
      else if (tries > 1 && sent.doneBefore?.includes(said?.code)) return said;
      else if (status !== 429 && status !== 503 && said?.code !== 'key_in_use')
        throw new Error(`${what} answered ${status}: ${JSON.stringify(said)}`);
      await pause(100);
    }
  }

  async #answered(who: Who, address: string): Promise<void> {
    await until(
      `${address} is answered`,
      async () => !['pending', 'parked'].includes((await this.get(who, address)).state),
      PATIENCE_MS,
    );
  }

  async #once(who: Who, method: string, path: string, body: unknown, { key, ifMatch }: Sent) {
    const isText = typeof body === 'string';
    const response = await fetch(`${this.#processes.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.company.tokens[who]}`,
        ...(body !== undefined && { 'content-type': isText ? 'text/csv' : 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
      },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Json };
  }

  /** Waits, as long as a dead worker may take, until something is to be seen. */
  until<T>(what: string, ask: () => Promise<T | false | null | undefined>): Promise<T> {
    return until(what, () => this.retried(ask), PATIENCE_MS);
  }

  /** The one number a statement answers. */
  async count(sql: string, ...values: unknown[]): Promise<number> {
    const { rows } = await this.db.query<{ n: string }>(`select count(*) as n from ${sql}`, values);
    return Number(rows[0]?.n);
  }

  /** Waits until every invariant holds, workflows included; fails with what breaks them. */
  async mustBeClean(): Promise<void> {
    const { address } = this.company.servers;
    const { taskQueue } = this;
    const engine = openLeadEngine({
      connection: { address },
      namespace: 'default',
      taskQueue,
      payloadKeys: [],
    });
    let broken: unknown;
    try {
      await until(
        'every invariant holds',
        async () => {
          const results = await verify({ db: this.db, engine, quietMs: 0 });
          broken = results.filter(({ ok }) => !ok);
          return (broken as unknown[]).length === 0;
        },
        PATIENCE_MS,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(broken, null, 2)}`, { cause: error });
    } finally {
      await engine.close();
    }
  }

  /** Every mail that counts as sent has arrived, no other has, and none oftener than somebody died over one. */
  async mailsMustHaveArrived(): Promise<void> {
    if (this.#mail === undefined) return;
    const { taken } = this.#mail;
    const { rows } = await this.db.query<{ id: string; lead: string }>(
      `select id, lead_id as lead from mails where status = 'sent' order by id`,
    );
    // A mailbox shows one mail for each Message-ID, however often it came.
    const arrived = [...new Set(taken)].map((messageId) => messageId.slice(1, messageId.indexOf('@')));
    expect(rows.length).toBeGreaterThan(0);
    expect(arrived.sort()).toEqual(rows.map(({ id }) => id));
    expect(taken.length).toBeLessThanOrEqual(rows.length + this.worker.killed.length);
  }

  async close(): Promise<void> {
    const query = `TaskQueue = '${this.taskQueue}' and ExecutionStatus = 'Running'`;
    for await (const { workflowId } of this.client.workflow.list({ query })) {
      await this.client.workflow
        .getHandle(workflowId)
        .terminate('the story is over')
        .catch(() => undefined);
    }
    await this.#processes.stop();
    await this.#mail?.close();
    await this.#engine.close();
    await this.db.end();
    await onServer(this.company.servers, `drop database ${this.#database} with (force)`);
  }
}

/** Until an API that was told has read its clock; by itself it does every 5 s. */
const REFRESH_MS = 150;
