// A bug on demand: a TypeError in a step, before its writes or between its commit and its answer; or whatever
// else is to be thrown, at once or late.
import { setTimeout as pause } from 'node:timers/promises';
import type { Db, Tx } from '../../../db/pool.js';

export interface Fault {
  /** Where it strikes: instead of the writes of a step, or after the commit of one that wrote. */
  readonly at: 'write' | 'commit';
  /** How often it still strikes. */
  left: number;
  /** The one step it strikes; every step where absent. */
  readonly step?: string;
  /** What is thrown, the first first; a TypeError when they are used up. */
  readonly errors?: Error[];
  /** How long it takes until it throws. */
  readonly takesMs?: number;
}

/** What a driver says of a server that is not there. */
export const refusedConnection = (): Error =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

const isChange = (query: unknown): boolean =>
  typeof query === 'object' &&
  String((query as { text?: string } | null)?.text).includes('update leads t set');

/** What an error may hold of a person, and a history may not. */
export const CANARY = 'fault@canary.example';

/** Wraps a pool so that `fault` strikes the steps that go through it; whatever reads or marks is spared. */
export function faulty(db: Db, fault: Fault): Db {
  const strike = async (): Promise<never> => {
    fault.left--;
    const error = fault.errors?.shift() ?? new TypeError(`Cannot read 'minor' of ${CANARY}`);
    if (fault.takesMs !== undefined) await pause(fault.takesMs);
    throw error;
  };
  const isStruck = (query: unknown): boolean =>
    isChange(query) &&
    (fault.step === undefined ||
      JSON.stringify(query).replaceAll('\\', '').includes(`"action":"${fault.step}"`));
  const wrapped = (client: Tx): Tx => {
    let hasChanged = false;
    return new Proxy(client, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        if (key !== 'query') return value.bind(target) as unknown;
        return async (...args: Parameters<Tx['query']>) => {
          if (isStruck(args[0])) {
            if (fault.at === 'write' && fault.left > 0) await strike();
            hasChanged = true;
          }
          const result: unknown = await (target.query(...args) as unknown as Promise<unknown>);
          if (fault.at === 'commit' && hasChanged && String(args[0]) === 'commit' && fault.left > 0)
            await strike();
          return result;
        };
      },
    });
  };
  return new Proxy(db, {
    get(target, key) {
      if (key === 'connect') return async () => wrapped(await target.connect());
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
