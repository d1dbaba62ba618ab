// A span for each statement a pool runs within a trace. It holds the statement's name, or verb and first table:
// neither its text nor its values, in which people stand.
import type { SpanOptions } from '@opentelemetry/api';
import type pg from 'pg';
import type { Db } from '../db/pool.js';

type InSpan = <T>(name: string, options: SpanOptions, work: () => Promise<T>) => Promise<T>;
/** A caller waits for the answer (a promise), or is told it (the pool's own way to a connection). */
type Query = (...args: unknown[]) => unknown;

const CLIENT_KIND = 2;

/** Changes `query` of the pool and of each connection it makes; call it before the first one is made. */
export function spanQueries(db: Db, inSpan: InSpan, isTraced: () => boolean): void {
  const span = (target: pg.Pool | pg.PoolClient): void => {
    const query = target.query.bind(target) as Query;
    const spanned: Query = (...args) => {
      const [statement] = args;
      // A stream (COPY) is no promise; what the pool asks for somebody has its span already.
      if (!isTraced() || typeof args.at(-1) === 'function' || isStream(statement)) return query(...args);
      const name = nameOf(statement as Statement);
      const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name };
      return inSpan(name, { kind: CLIENT_KIND, attributes }, () => query(...args) as Promise<unknown>);
    };
    Object.assign(target, { query: spanned });
  };
  span(db);
  db.on('connect', span);
}

type Statement = string | { readonly name?: string; readonly text: string };

const isStream = (statement: unknown): boolean =>
  typeof statement === 'object' && statement !== null && 'submit' in statement;

/** `read_run`; `insert audit_entries` for a statement without a name. */
export function nameOf(statement: Statement): string {
  if (typeof statement === 'object' && statement.name) return statement.name;
  const text = typeof statement === 'string' ? statement : statement.text;
  const [, verb = 'statement'] = /^\s*([a-z]+)/i.exec(text) ?? [];
  const [, table] = /\b(?:from|into|update|join)\s+([a-z_]+)/i.exec(text) ?? [];
  return [verb.toLowerCase(), table].filter(Boolean).join(' ');
}
