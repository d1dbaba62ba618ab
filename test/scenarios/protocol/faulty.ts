// A bug on demand: a TypeError in a step, before its writes or between its commit and its answer.
import type { Db, Tx } from '../../../db/pool.js';

export interface Fault {
  /** Where it strikes: instead of the writes of a step, or after the commit of one that wrote. */
  readonly at: 'write' | 'commit';
  /** How often it still strikes. */
  left: number;
}

const isChange = (query: unknown): boolean =>
  typeof query === 'object' &&
  String((query as { text?: string } | null)?.text).includes('update leads t set');

/** Wraps a pool so that `fault` strikes the steps that go through it; whatever reads or marks is spared. */
export function faulty(db: Db, fault: Fault): Db {
  const strike = (): never => {
    fault.left--;
    throw new TypeError("Cannot read properties of undefined (reading 'minor')");
  };
  const wrapped = (client: Tx): Tx => {
    let hasChanged = false;
    return new Proxy(client, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        if (key !== 'query') return value.bind(target) as unknown;
        return async (...args: Parameters<Tx['query']>) => {
          if (isChange(args[0])) {
            if (fault.at === 'write' && fault.left > 0) strike();
            hasChanged = true;
          }
          const result: unknown = await (target.query(...args) as unknown as Promise<unknown>);
          if (fault.at === 'commit' && hasChanged && String(args[0]) === 'commit' && fault.left > 0) strike();
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
