// Counts what goes to Postgres through a pool, by the name of the statement.
import type { Db, Tx } from '../../../db/pool.js';

export interface Counted {
  readonly statements: string[];
  commits: number;
}

const textOf = (query: unknown): string =>
  typeof query === 'string' ? query : String((query as { name?: string; text?: string }).name ?? 'unnamed');

// Neither the relay's polling nor marks written in batches are part of a click.
const BESIDE = new Set([
  'claim_facts',
  'expire_decisions',
  'claim_decisions',
  'claim_stuck_facts',
  'claim_silent',
  'facts_under_way',
  'mark_told',
  'listen l2c_messages',
]);

/** Wraps a pool so that every statement through it is noted; BEGIN and COMMIT count as commits only. */
export function counting(db: Db, counted: Counted): Db {
  const note = (query: unknown, alone: boolean): void => {
    const text = textOf(query);
    if (BESIDE.has(text) || text === 'begin' || text === 'rollback') return;
    if (text === 'commit') counted.commits++;
    else counted.statements.push(text);
    if (alone) counted.commits++;
  };
  const wrapped = (client: Tx): Tx =>
    new Proxy(client, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (key === 'query') note(args[0], false);
          return (value as (...args: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  return new Proxy(db, {
    get(target, key) {
      if (key === 'connect') return async () => wrapped(await target.connect());
      const value = Reflect.get(target, key) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (key === 'query') note(args[0], true);
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}
