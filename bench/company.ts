// The company the bench sells for: the sample company of `npm start`, put in through the API, with the rules
// of a golden lead: no mail, every lead to one rep, one approval above ten per cent, commission paid by the
// lead.

import { type Caller, callerFor } from '../cli/http.js';
import { loadCompany } from '../cli/sample/company.js';
import type { Handle } from '../cli/sample/people.js';
import type { PolicyByKind } from '../domain/policies/types.js';

/** What the golden lead's people call with; `machine` stands for a web form. */
export interface Keys {
  readonly admin: string;
  readonly machine: string;
  readonly rep: string;
  readonly boss: string;
  readonly fulfilment: string;
  readonly finance: string;
}

const HANDLE_OF: Readonly<Record<Exclude<keyof Keys, 'admin'>, Handle>> = {
  machine: 'marta',
  rep: 'ana',
  boss: 'carla',
  fulfilment: 'gael',
  finance: 'elena',
};

export const CUSTOMER_MAILS: PolicyByKind['notifications']['mails'] = [
  'offer',
  'order',
  'invoice',
  'receipt',
];

/** Makes the company and answers the keys of its people. */
export async function makeCompany(baseUrl: string, adminKey: string, seed: number): Promise<Keys> {
  const admin = callerFor(baseUrl, adminKey);
  const { keys } = await loadCompany({ baseUrl, admin, seed, known: [], onKey: () => undefined });
  const keyOf = (handle: Handle): string => {
    const found = keys.find((one) => one.handle === handle);
    if (found === undefined) throw new RangeError(`the sample company has no ${handle}`);
    return found.key;
  };
  const ana = keys.find(({ handle }) => handle === HANDLE_OF.rep)?.personId ?? '';
  await changePolicy(admin, 'assignment', (policy) => ({
    ...policy,
    territories: [{ id: 'all', countries: [], channels: [], repIds: [ana] }],
    maxOpenLeads: 1_000_000,
    capacities: [],
    fallbackOwnerId: ana, // Above her capacity, too, every lead is hers.
  }));
  await mailsOf(admin, []);
  const named = Object.entries(HANDLE_OF).map(([name, handle]) => [name, keyOf(handle)]);
  return { admin: adminKey, ...Object.fromEntries(named) } as Keys;
}

/** Says which mails leads captured from now on send. */
export async function mailsOf(admin: Caller, mails: PolicyByKind['notifications']['mails']): Promise<void> {
  await changePolicy(admin, 'notifications', (policy) => ({ ...policy, mails }));
}

/** Puts a new version of a policy in force. */
export async function changePolicy<K extends keyof PolicyByKind>(
  admin: Caller,
  kind: K,
  change: (policy: PolicyByKind[K]) => PolicyByKind[K],
): Promise<void> {
  const { version, body } = await admin.get<{ version: number; body: PolicyByKind[K] }>(
    `/v1/policies/${kind}`,
  );
  await admin.put(`/v1/policies/${kind}`, change(body), version);
}
