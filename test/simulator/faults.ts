// Steps that fail where a plan says so: before they are committed or after it, as with a database that goes away in
// the middle, or with a bug until the step is stuck.
import type { Db, Tx } from '../../db/pool.js';
import type { PlannedFault } from './plans.js';

interface Fault extends PlannedFault {
  left: number;
}

/** A step that failed three times for a bug is stuck (docs/protocol.md, Steps). */
const TIMES = { before: 2, after: 1, bug: 3 } as const;

const away = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

export class Faults {
  /** What has struck: `<kind> <step>`. */
  readonly struck: string[] = [];
  readonly #planned = new Map<string, Fault[]>();

  plan(leadId: string, faults: readonly PlannedFault[]): void {
    if (faults.length === 0) return;
    this.#planned.set(
      leadId,
      faults.map((fault) => ({ ...fault, left: TIMES[fault.kind] })),
    );
  }

  /** What worker and relay see of a database. */
  around(db: Db): Db {
    return new Proxy(db, {
      get: (target, key) => {
        if (key === 'connect') return async () => this.#watch(await target.connect());
        const value = Reflect.get(target, key) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #watch(client: Tx): Tx {
    let late: Fault | undefined;
    return new Proxy(client, {
      get: (target, key) => {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        if (key !== 'query') return value.bind(target) as unknown;
        return async (...args: Parameters<Tx['query']>) => {
          const fault = this.#ofWrite(args[0]);
          if (fault?.kind === 'after') late = fault;
          else if (fault) this.#strike(fault);
          const result: unknown = await (target.query(...args) as unknown as Promise<unknown>);
          if (late && String(args[0]) === 'commit' && late.left > 0) this.#strike(late);
          return result;
        };
      },
    });
  }

  #ofWrite(query: unknown): Fault | undefined {
    const text = typeof query === 'object' && String((query as { text?: string } | null)?.text);
    if (!text || this.#planned.size === 0 || !text.includes('update leads t set')) return undefined;
    const written = JSON.stringify(query).replaceAll('\\', '');
    for (const [leadId, faults] of this.#planned) {
      if (!written.includes(leadId)) continue;
      return faults.find(({ step, left }) => left > 0 && written.includes(`"action":"${step}"`));
    }
    return undefined;
  }

  #strike(fault: Fault): never {
    fault.left--;
    this.struck.push(`${fault.kind} ${fault.step}`);
    throw fault.kind === 'bug' ? new TypeError(`Cannot read 'minor' in ${fault.step}`) : away();
  }
}
