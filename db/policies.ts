// Policy versions never change, so a version once read is kept for the life of the process.
import { policyMissing } from '../domain/policies/missing.js';
import type { PolicyByKind, PolicyKind } from '../domain/policies/types.js';
import type { Queryable } from './pool.js';

/** Which version of each policy decided or decides something. */
export type Pins = Readonly<Partial<Record<PolicyKind, number>>>;

export class PolicyStore {
  readonly #bodies = new Map<string, unknown>();

  /**
   * The body of one version. `not_configured` without a version: nobody has made one. Throws RangeError when it
   * does not exist: a pin always names a stored one.
   */
  async get<K extends PolicyKind>(
    db: Queryable,
    kind: K,
    version: number | null | undefined,
  ): Promise<PolicyByKind[K]> {
    if (version === undefined || version === null) throw policyMissing(kind);
    const key = `${kind}/${version}`;
    if (!this.#bodies.has(key)) {
      const { rows } = await db.query<{ body: unknown }>({
        name: 'policy_body',
        text: 'select body from policies where kind = $1 and version = $2',
        values: [kind, version],
      });
      if (!rows[0]) throw new RangeError(`no version ${version} of the ${kind} policy`);
      this.#bodies.set(key, rows[0].body);
    }
    return this.#bodies.get(key) as PolicyByKind[K];
  }
}
