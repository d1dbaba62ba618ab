import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.js';
import { STOP_POSTGRES } from './postgres.js';
import { identify, isAlive, type ProcessIdentity, stopProcess } from './processes.js';
import { STOP_TEMPORAL } from './temporal.js';

/** The servers a stack may start. */
export type ChildName = 'postgres' | 'temporal';
export type Children = Partial<Record<ChildName, ProcessIdentity>>;
type RememberedPorts = Partial<Record<ChildName | 'temporalUi' | 'api', number>>;

/** Passwords this folder made; they never leave it except inside the addresses `startStack` answers. */
export interface Secrets {
  adminPassword: string;
  ownerPassword: string;
  appPassword: string;
}

export interface Ownership {
  owner: ProcessIdentity;
  children: Children;
}

const EXTERNAL = 'external-secrets.json';
const CLAIM_MS = 30_000;
const DYING_MS = 1_000;

/** The folder a stack lives in. `claim` makes us its owner; until then nothing in it is touched. */
export class StateFolder {
  #remembering: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /**
   * Makes this process the owner and stops what a killed owner left running.
   *
   * @returns the leftovers that were stopped
   * @throws Error naming the owner's pid when it is alive
   */
  async claim(): Promise<ChildName[]> {
    await mkdir(join(this.path, 'log'), { recursive: true });
    return withLock(join(this.path, 'claim.lock'), CLAIM_MS, async () => {
      const before = await this.#read<Ownership>('stack.json');
      // Killed and started again at once: the old process may take a moment to be gone.
      const until = Date.now() + DYING_MS;
      while (before !== undefined && isAlive(before.owner) && Date.now() < until) await sleep(50);
      if (before !== undefined && isAlive(before.owner)) {
        throw new Error(
          `${this.path} belongs to process ${before.owner.pid}, which runs: stop it (kill ${before.owner.pid}), ` +
            'or start with another state folder',
        );
      }
      const stopped = await stopLeftovers(before?.children ?? {});
      this.recordChildren({});
      return stopped;
    });
  }

  /** Whose folder this is now, and which servers it runs; undefined when nobody alive owns it. */
  async ownership(): Promise<Ownership | undefined> {
    const found = await this.#read<Ownership>('stack.json');
    return found !== undefined && isAlive(found.owner) ? found : undefined;
  }

  /** Writes down which servers run, so that the next start finds them if we are killed. */
  recordChildren(children: Children): void {
    const owner = identify(process.pid);
    if (owner === undefined) throw new RangeError(`process ${process.pid} cannot find itself`);
    this.#write('stack.json', { owner, children } satisfies Ownership);
  }

  /** Gives the folder up after everything was stopped. */
  async release(): Promise<void> {
    await rm(join(this.path, 'stack.json'), { force: true });
  }

  /** The passwords of this folder, made at the first call. */
  async secrets(): Promise<Secrets> {
    const kept = await this.#read<Secrets>('secrets.json');
    if (kept !== undefined) return kept;
    const made = { adminPassword: password(), ownerPassword: password(), appPassword: password() };
    this.#write('secrets.json', made);
    return made;
  }

  /** The password of `l2c_app` beside an external database: the kept one, else `made`. */
  async appPasswordOf(database: string, made: string): Promise<string> {
    return (await this.#read<Record<string, string>>(EXTERNAL))?.[database] ?? made;
  }

  /** Keeps that password once it has opened the database; the first one stays. */
  async keepAppPassword(database: string, made: string): Promise<void> {
    const kept = (await this.#read<Record<string, string>>(EXTERNAL)) ?? {};
    if (kept[database] === undefined) this.#write(EXTERNAL, { ...kept, [database]: made });
  }

  /** The ports its servers had last. */
  async ports(): Promise<RememberedPorts> {
    return (await this.#read<RememberedPorts>('ports.json')) ?? {};
  }

  async rememberPorts(ports: RememberedPorts): Promise<void> {
    // Two servers start at the same time and remember theirs one after the other.
    this.#remembering = this.#remembering.then(async () => {
      this.#write('ports.json', { ...(await this.ports()), ...ports });
    });
    await this.#remembering;
  }

  async #read<T>(name: string): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(join(this.path, name), 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`${join(this.path, name)} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #write(name: string, content: object): void {
    // At once and renamed into place: a kill right after leaves all of it, a kill within leaves what was before.
    mkdirSync(this.path, { recursive: true });
    const part = join(this.path, `${name}.${process.pid}.part`);
    writeFileSync(part, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(part, join(this.path, name));
  }
}

function password(): string {
  return randomBytes(24).toString('base64url');
}

async function stopLeftovers(children: Children): Promise<ChildName[]> {
  const ladders = { postgres: STOP_POSTGRES, temporal: STOP_TEMPORAL };
  const alive = (Object.keys(ladders) as ChildName[]).filter((name) => {
    const child = children[name];
    return child !== undefined && isAlive(child);
  });
  await Promise.all(
    alive.map(async (name) => {
      const child = children[name] as ProcessIdentity;
      if (!(await stopProcess(child, ladders[name]))) {
        throw new Error(
          `process ${child.pid} (${name}), left by an earlier start, does not end: kill -9 ${child.pid}`,
        );
      }
    }),
  );
  return alive;
}
