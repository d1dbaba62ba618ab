// The sample company, put in through the API as any company would be: every call under a key of its own, so
// that a start that was killed in the middle goes on where it was.
import type { NewAccount } from '../../contracts/accounts.js';
import { POLICY_KINDS } from '../../domain/policies/types.js';
import { type Caller, callerFor, Refused } from '../http.js';
import { costOf, PRODUCTS, pricesIn } from './catalogue.js';
import type { SampleKey } from './file.js';
import { emailOf, HANDLES, type Handle, PEOPLE, type SamplePerson } from './people.js';
import { sampleRules } from './rules.js';

/** Where the company is: its documents carry the dates of this zone. */
export const SAMPLE_ZONE = 'Europe/Madrid';

export interface SampleCompany {
  readonly keys: readonly SampleKey[];
}

interface Loading {
  readonly baseUrl: string;
  readonly admin: Caller;
  readonly seed: number;
  /** Keys that are known from a start before. */
  readonly known: readonly SampleKey[];
  /** Told after each key, before the next one is made. */
  readonly onKey: (keys: readonly SampleKey[]) => void;
}

/** Customers that were there before the first lead; others are made by the quotes. */
const ACCOUNTS: readonly NewAccount[] = [
  {
    legalName: 'Bodegas del Duero S.A.',
    country: 'ES',
    language: 'es',
    vatId: 'ESA12345674',
    email: 'compras@bodegas-duero.example',
    segment: 'business',
    externalId: 'sample-account-1',
  },
  {
    legalName: 'Hafenkontor GmbH',
    country: 'DE',
    language: 'en',
    vatId: 'DE136695976',
    email: 'einkauf@hafenkontor.example',
    segment: 'business',
    terms: { kind: 'net', days: 30 },
    externalId: 'sample-account-2',
  },
  {
    legalName: 'Northwind Trading Inc.',
    country: 'US',
    language: 'en',
    email: 'ap@northwind-trading.example',
    segment: 'business',
    payerAliases: ['NORTHWIND PAYMENTS'],
    externalId: 'sample-account-3',
  },
];

/** Makes what is missing of the company and answers the keys of its people. */
export async function loadCompany(loading: Loading): Promise<SampleCompany> {
  const { admin, seed } = loading;
  const key = (name: string): string => `sample/${seed}/${name}`;
  await admin.post(
    '/v1/entities',
    {
      name: 'Oficina Norte S.L.',
      country: 'ES',
      vatId: 'ESB39402151',
      zone: SAMPLE_ZONE,
      language: 'es',
      address: { street: 'Calle del Muelle 8', postcode: '39004', city: 'Santander', country: 'ES' },
      iban: 'ES9121000418450200051332',
      email: 'facturas@oficina-norte.example',
    },
    key('entity'),
  );
  const ids = await loadPeople(admin, key);
  const keys = await makeKeys(loading, ids);
  await loadCatalogue(admin, seed, key);
  await loadRules(loading, ids, keys, key);
  for (const account of ACCOUNTS)
    await admin.post('/v1/accounts', account, key(`account/${account.externalId}`));
  return { keys };
}

/** Managers before those who report to them. */
async function loadPeople(admin: Caller, key: (name: string) => string): Promise<Record<Handle, string>> {
  const ids: Partial<Record<Handle, string>> = {};
  for (const person of PEOPLE) {
    const { id } = await admin.post<{ id: string }>(
      '/v1/people',
      bodyOf(person, ids),
      key(`person/${person.handle}`),
    );
    ids[person.handle] = id;
  }
  return ids as Record<Handle, string>;
}

function bodyOf(
  { handle, name, language, manager, team, roles, limit, territories }: SamplePerson,
  ids: Partial<Record<Handle, string>>,
): object {
  return {
    name,
    email: emailOf(handle),
    language,
    managerId: manager === null ? null : (ids[manager] ?? null),
    team,
    roles,
    ...(limit > 0 && { limits: ['EUR', 'USD'].map((currency) => ({ amount: `${limit}.00`, currency })) }),
    ...(territories && { territories }),
    externalId: `sample-${handle}`,
  };
}

/** A key is shown once, so these calls carry no Idempotency-Key: one that was lost is made anew. */
async function makeKeys(
  { admin, known, onKey }: Loading,
  ids: Readonly<Record<Handle, string>>,
): Promise<SampleKey[]> {
  const keys = known.filter(({ handle, personId }) => ids[handle] === personId);
  for (const { handle, name, roles } of PEOPLE) {
    if (keys.some((one) => one.handle === handle)) continue;
    const personId = ids[handle];
    const { token } = await admin.post<{ token: string }>('/v1/keys', {
      personId,
      label: 'Sample company',
      scopes: ['admin'],
    });
    keys.push({ handle, personId, name, roles, key: token });
    onKey(keys);
  }
  return HANDLES.map((handle) => keys.find((one) => one.handle === handle) as SampleKey);
}

async function loadCatalogue(admin: Caller, seed: number, key: (name: string) => string): Promise<void> {
  for (const { about: _about, ...product } of PRODUCTS) {
    const body = { ...product, cost: costOf(product.sku, seed) };
    await admin.post('/v1/products', body, key(`product/${product.sku}`));
  }
  for (const currency of ['EUR', 'USD'] as const) {
    const book = { name: `List ${currency}`, currency, validFrom: '2020-01-01' };
    const { id } = await admin.post<{ id: string }>('/v1/price-books', book, key(`book/${currency}`));
    const { revision, entries } = await admin.get<{ revision: number; entries: number }>(
      `/v1/price-books/${id}`,
    );
    if (entries === PRODUCTS.length) continue;
    await admin.put(`/v1/price-books/${id}/entries`, { entries: pricesIn(currency, seed) }, revision);
  }
}

async function loadRules(
  { admin, baseUrl }: Loading,
  ids: Readonly<Record<Handle, string>>,
  keys: readonly SampleKey[],
  key: (name: string) => string,
): Promise<void> {
  const rules = sampleRules(ids);
  for (const kind of POLICY_KINDS) {
    await unlessDone('stale_version', () => admin.put(`/v1/policies/${kind}`, rules[kind], 0));
  }
  // A plan pays by itself once two people beside its editor have approved it.
  for (const handle of ['helena', 'hugo'] as const) {
    const { key: token } = keys.find((one) => one.handle === handle) as SampleKey;
    const approver = callerFor(baseUrl, token);
    await unlessDone('already_decided', () =>
      approver.post('/v1/policies/commission/1/approvals', undefined, key(`plan/${handle}`)),
    );
  }
}

async function unlessDone(code: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== code) throw error;
  }
}
