// Everything a bench stands on: servers of its own in a temporary folder, a database for the product and one
// for each control, the product's API and worker as child processes. Nothing of it is left when it is closed.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { ensureClock, REAL_SPEED } from '../activities/intake/clock.js';
import { ensureAdminKey } from '../activities/intake/firstBoot.js';
import { environment } from '../config.js';
import { migrate } from '../db/migrate.js';
import { openPool } from '../db/pool.js';
import { machineSettings, type Stack, startStack } from '../engine/stack.js';
import { Child, type ChildOptions } from './child.js';
import type { PartSettings } from './children/settings.js';
import { type Keys, makeCompany } from './company.js';
import { type PlainEngine, startPlainEngine } from './controls/plainEngine.js';
import { cpuOf } from './cpu.js';
import type { GivenEngine, ServerPids } from './givenEngine.js';
import { type Crew, crewAt, Lead } from './golden.js';
import type { Variant } from './settings/variants.js';

export interface RigOptions {
  readonly seed: number;
  /** Longest life of every child. */
  readonly limitMs: number;
  /** False for tests: servers that may lose what they answered. */
  readonly durable: boolean;
  /** An engine that runs already; without it the rig starts a dev server of its own. */
  readonly engine?: GivenEngine;
  /** True: API and worker with the limit on requests a user gets, and with metrics. */
  readonly asShipped?: boolean;
  /** Real seconds of a business day. Default: as many as it has. */
  readonly secondsPerDay?: number;
  /** Folder for CPU profiles of API and worker. */
  readonly profileDir?: string;
  /** One setting that is not ours. */
  readonly variant?: Variant;
  readonly onProgress: (detail: string) => void;
  /** Ends the opening at its next step. */
  readonly signal: AbortSignal;
}

export interface Database {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

/** What is measured: the leads it is given, and whose CPU they cost. */
export interface System {
  readonly name: string;
  /** A lead nobody has seen. */
  readonly lead: () => Lead;
  readonly pids: () => Readonly<Record<string, number>>;
}

export class Rig {
  readonly #options: RigOptions;
  readonly #closing: (() => Promise<unknown>)[] = [];
  #stack: Stack | undefined;
  #client: Client | undefined;
  #keys: Keys | undefined;
  #api: Child | undefined;
  #worker: Child | undefined;
  #apiUrl = '';
  #metricsUrl: string | undefined;
  #tags = 0;
  readonly stateDir: string;

  private constructor(options: RigOptions) {
    this.#options = options;
    this.stateDir = mkdtempSync(join(tmpdir(), 'l2c-bench-'));
    // Temporary folders are closed to others; as root the database runs as somebody else.
    chmodSync(this.stateDir, 0o711);
  }

  /** Opens servers, company, API and worker. What was opened before something failed is closed again. */
  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options);
    try {
      await rig.#start();
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { durable, engine, onProgress, seed, variant } = this.#options;
    onProgress(`starting the servers${engine ? `, with the engine at ${engine.address}` : ''}`);
    this.#stack = await startStack({
      ...machineSettings(environment()),
      stateDir: this.stateDir,
      durable,
      ...(engine && { temporalAddress: engine.address, namespace: engine.namespace }),
      ...(variant?.engine && { engineTuning: variant.engine }),
    });
    await migrate(this.stack.databaseUrl);
    const connection = await Connection.connect({ address: this.stack.temporalAddress });
    this.#closing.unshift(() => connection.close());
    this.#client = new Client({ connection, namespace: this.stack.namespace });
    onProgress('making the company');
    const adminKey = await this.#firstAdmin();
    await this.openApi();
    await this.openWorker();
    this.#keys = await makeCompany(this.#apiUrl, adminKey, seed);
  }

  async #firstAdmin(): Promise<string> {
    const db = openPool(this.stack.appDatabaseUrl, { max: 1, applicationName: 'l2c-bench' });
    try {
      await ensureClock(db, this.#options.secondsPerDay ?? REAL_SPEED, Date.now());
      const admin = await ensureAdminKey(db, new Date());
      if (admin === null) throw new Error('the database of the bench is not empty');
      return admin.token;
    } finally {
      await db.end();
    }
  }

  get stack(): Stack {
    if (this.#stack === undefined) throw new RangeError('the rig has no servers yet');
    return this.#stack;
  }

  get client(): Client {
    if (this.#client === undefined) throw new RangeError('the rig has no engine yet');
    return this.#client;
  }

  get keys(): Keys {
    if (this.#keys === undefined) throw new RangeError('the rig has no company yet');
    return this.#keys;
  }

  get api(): Child {
    if (this.#api === undefined) throw new RangeError('the rig has no API yet');
    return this.#api;
  }

  get worker(): Child {
    if (this.#worker === undefined) throw new RangeError('the rig has no worker yet');
    return this.#worker;
  }

  get apiUrl(): string {
    return this.#apiUrl;
  }

  /** Where the worker's metrics are read, when it runs as shipped. */
  get metricsUrl(): string | undefined {
    return this.#metricsUrl;
  }

  get product(): Database {
    return { ownerUrl: this.stack.databaseUrl, appUrl: this.stack.appDatabaseUrl };
  }

  get crew(): Crew {
    return crewAt(this.#apiUrl, this.keys);
  }

  /** The product as something to measure. */
  get system(): System {
    return {
      name: 'product',
      lead: () => this.lead(),
      pids: () => ({ api: this.api.pid, worker: this.worker.pid, ...this.serverPids() }),
    };
  }

  /** The product's database, the engine and, where it has one of its own, the engine's database. */
  serverPids(): ServerPids {
    const { temporal, postgres } = this.stack.pids;
    if (postgres === undefined) throw new Error('a server of the bench is gone');
    const given = this.#options.engine?.pids;
    if (given !== undefined) return { ...given, postgres };
    if (temporal === undefined) throw new Error('a server of the bench is gone');
    return { engine: temporal, postgres };
  }

  /** A lead nobody has seen, of the product or of a control. */
  lead(crew: Crew = this.crew): Lead {
    return new Lead(crew, String(++this.#tags).padStart(8, '0'), this.#options.seed);
  }

  /** Starts a child and sees to it that it ends with the rig. */
  child(options: Omit<ChildOptions, 'limitMs'>): Child {
    this.#options.signal.throwIfAborted();
    const child = new Child({ ...options, limitMs: this.#options.limitMs });
    this.#closing.unshift(() => child.stop());
    return child;
  }

  async openApi(): Promise<void> {
    this.#api = this.child({ module: 'children/api', execArgv: this.#profiling('api') });
    this.#apiUrl = await this.#api.ask<string>('open', this.partSettings());
  }

  /** Starts a worker; the one before was killed or stopped. */
  async openWorker(): Promise<void> {
    const probe = ['--expose-gc', '--import', new URL('./children/heap.js', import.meta.url).href];
    this.#worker = this.child({
      module: 'children/worker',
      execArgv: [...probe, ...this.#profiling('worker')],
    });
    this.#metricsUrl = await this.#worker.ask<string | undefined>('open', this.partSettings());
  }

  /**
   * The engine of a control: the one that was given, or a second one as the CLI starts it, which ends with the rig. On
   * a given one it has a task queue of its own, so that both databases of engines are of the same kind.
   */
  async openPlainEngine(): Promise<PlainEngine> {
    this.#options.signal.throwIfAborted();
    const { durable, engine: given } = this.#options;
    if (given !== undefined) return given;
    const engine = await startPlainEngine(this.stateDir, { durable, env: environment() });
    this.#closing.unshift(() => engine.stop());
    return engine;
  }

  partSettings({ appUrl } = this.product): PartSettings {
    return {
      stateDir: this.stateDir,
      appUrl,
      engineAddress: this.stack.temporalAddress,
      namespace: this.stack.namespace,
      durable: this.#options.durable,
      asShipped: this.#options.asShipped ?? false,
      ...(this.#options.variant && { variant: this.#options.variant.parts ?? {} }),
    };
  }

  /** Copies the product's database, rows and rights, while nobody uses it: API and worker are opened anew. */
  async copyDatabase(...names: readonly string[]): Promise<Database[]> {
    await this.worker.stop();
    await this.api.stop();
    const copies: Database[] = [];
    for (const name of names) {
      await this.asOwner(async (owner) => {
        await owner.query(
          `create database ${name} template ${new URL(this.product.ownerUrl).pathname.slice(1)}`,
        );
        await owner.query(`grant connect on database ${name} to l2c_app`);
      }, 'postgres');
      const of = (url: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
      copies.push({ ownerUrl: of(this.product.ownerUrl), appUrl: of(this.product.appUrl) });
    }
    await this.openApi();
    await this.openWorker();
    return copies;
  }

  /** Runs something as the owner of the databases. */
  async asOwner<T>(work: (owner: pg.Client) => Promise<T>, database?: string): Promise<T> {
    const url = new URL(this.product.ownerUrl);
    if (database !== undefined) url.pathname = `/${database}`;
    const owner = new pg.Client(url.href);
    await owner.connect();
    try {
      return await work(owner);
    } finally {
      await owner.end();
    }
  }

  cpu(): Record<string, number> {
    return cpuOf(this.system.pids());
  }

  #profiling(name: string): string[] {
    const { profileDir } = this.#options;
    if (profileDir === undefined) return [];
    return [
      '--cpu-prof',
      `--cpu-prof-dir=${profileDir}`,
      `--cpu-prof-name=${name}-${process.hrtime.bigint()}.cpuprofile`,
    ];
  }

  /** Ends every child and server and removes the folder, however far it had come. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closing.splice(0)) {
      await close().catch((error: unknown) => failures.push(error));
    }
    await this.#stack?.stop().catch((error: unknown) => failures.push(error));
    rmSync(this.stateDir, { recursive: true, force: true, maxRetries: 5 });
    if (failures.length > 0) throw new AggregateError(failures, 'a part of the bench did not end in order');
  }
}
