// The company of a funnel, put in through the API before its first lead: everybody the deals name, a manager who
// approves, finance, fulfilment, marketing and two in compensation, one product a line of business, all policies.
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import type { Role } from '../../domain/people/people.js';
import { POLICY_KINDS, type PolicyByKind, type PolicyKind } from '../../domain/policies/types.js';
import { type Caller, callerFor, Refused } from '../http.js';
import { FUNNEL_PRODUCTS } from './catalogue.js';
import type { Funnel } from './files.js';
import type { FunnelState } from './state.js';

export const CURRENCY = 'BRL';
const ZONE = 'America/Sao_Paulo';

interface Founder {
  readonly handle: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly limit?: string;
}

/** Those no file names. The manager comes first: everybody else reports to them. */
const STAFF: readonly Founder[] = [
  { handle: 'manager', name: 'Sales manager', roles: ['manager', 'payee'], limit: '1000000.00' },
  { handle: 'marketing', name: 'Marketing', roles: ['marketing'] },
  { handle: 'finance', name: 'Finance', roles: ['finance'], limit: '1000000.00' },
  { handle: 'fulfilment', name: 'Fulfilment', roles: ['fulfilment'] },
  { handle: 'compensation-1', name: 'Compensation', roles: ['compensation'] },
  { handle: 'compensation-2', name: 'Compensation, second', roles: ['compensation'] },
];

export interface Company {
  /** The caller of a person, by the id of the file or what they do. */
  as(handle: string): Caller;
  /** Id of a person, by the same. */
  personId(handle: string): string;
}

export interface Founding {
  readonly baseUrl: string;
  readonly state: FunnelState;
  readonly people: Funnel['people'];
  readonly keep: (state: FunnelState) => void;
  readonly signal: AbortSignal;
}

/** Makes what is missing of the company. */
export async function foundCompany(founding: Founding): Promise<Company> {
  const { baseUrl, signal } = founding;
  const admin = callerFor(baseUrl, founding.state.adminKey, signal);
  await admin.post(
    '/v1/entities',
    {
      name: 'Marketplace do Funil Ltda.',
      country: 'BR',
      zone: ZONE,
      language: 'en',
      address: { street: 'Rua do Funil 8', postcode: '01310-100', city: 'São Paulo', country: 'BR' },
      email: 'billing@funnel.example',
    },
    'funnel/entity',
  );
  const keys = await foundPeople(admin, founding);
  const callers = new Map(
    Object.entries(keys).map(([handle, { key }]) => [handle, callerFor(baseUrl, key, signal)]),
  );
  const company: Company = {
    as: (handle) => found(callers.get(handle), handle),
    personId: (handle) => found(keys[handle], handle).personId,
  };
  await foundCatalogue(admin);
  await foundRules(admin, company, founding.people);
  return company;
}

function found<T>(value: T | undefined, handle: string): T {
  if (value === undefined) throw new RangeError(`nobody in the company is ${handle}`);
  return value;
}

async function foundPeople(admin: Caller, { people, state, keep }: Founding): Promise<FunnelState['keys']> {
  let keys = state.keys;
  let managerId: string | undefined;
  for (const { handle, name, roles, limit } of [...STAFF, ...salesPeople(people)]) {
    const { id: personId } = await admin.post<{ id: string }>(
      '/v1/people',
      {
        name,
        email: `${handle}@funnel.example`,
        roles,
        team: 'sales',
        capacity: 400,
        externalId: handle,
        ...(managerId !== undefined && { managerId }),
        ...(limit !== undefined && { limits: [{ amount: limit, currency: CURRENCY }] }),
      },
      `funnel/person/${handle}`,
    );
    managerId ??= personId;
    if (keys[handle]?.personId === personId) continue;
    // A key is shown once, so this call carries no Idempotency-Key: one that was lost is made anew.
    const wish = { personId, label: 'Funnel', scopes: ['admin'] };
    const { token } = await admin.post<{ token: string }>('/v1/keys', wish);
    keys = { ...keys, [handle]: { personId, key: token } };
    keep({ ...state, keys });
  }
  return keys;
}

/** Each once, also who makes first contact and sells. */
function salesPeople({ sales, firstContact }: Funnel['people']): Founder[] {
  const both = new Set([...sales, ...firstContact]);
  const nameOf = (id: string): string =>
    `${sales.includes(id) ? 'Sales' : 'First contact'} ${id.slice(0, 8)}`;
  return [...both].map((id) => ({ handle: id, name: nameOf(id), roles: ['rep', 'payee'] as const }));
}

async function foundCatalogue(admin: Caller): Promise<void> {
  for (const { sku, segment, family } of FUNNEL_PRODUCTS) {
    const name = { en: `Shop for a year: ${segment}`, es: `Tienda por un año: ${segment}` };
    const product = { sku, name, family, supply: 'services', taxClass: 'standard', unit: 'year' };
    await admin.post('/v1/products', product, `funnel/product/${sku}`);
  }
  const book = { name: 'Shops', currency: CURRENCY, validFrom: '2017-01-01' };
  const { id } = await admin.post<{ id: string }>('/v1/price-books', book, 'funnel/book');
  const { revision, entries } = await admin.get<{ revision: number; entries: number }>(
    `/v1/price-books/${id}`,
  );
  if (entries === FUNNEL_PRODUCTS.length) return;
  const prices = FUNNEL_PRODUCTS.map(({ sku, unitPrice }) => ({ sku, unitPrice }));
  await admin.put(`/v1/price-books/${id}/entries`, { entries: prices }, revision);
}

async function foundRules(admin: Caller, company: Company, people: Funnel['people']): Promise<void> {
  const rules = funnelRules(company, people);
  for (const kind of POLICY_KINDS) {
    await unlessDone('stale_version', () => admin.put(`/v1/policies/${kind}`, rules[kind], 0));
  }
  // A plan pays by itself once two people beside its editor have approved it.
  for (const handle of ['compensation-1', 'compensation-2']) {
    await unlessDone('already_decided', () =>
      company.as(handle).post('/v1/policies/commission/1/approvals', undefined, `funnel/plan/${handle}`),
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

const money = (amount: string) => [{ amount, currency: CURRENCY }];

function funnelRules(
  company: Company,
  people: Funnel['people'],
): { readonly [K in PolicyKind]: PolicyByKind[K] } {
  const repIds = people.sales.map((id) => company.personId(id));
  const { dunning, tax, qualification, quoting, approval } = POLICY_EXAMPLES;
  const plan: PolicyByKind['dunning']['business'] = {
    ...dunning.business,
    levels: dunning.business.levels.map((level) => ({ ...level, fees: [] })),
    minOpen: money('5.00'),
    interest: null,
    flatFees: [],
  };
  return {
    scoring: POLICY_EXAMPLES.scoring,
    assignment: {
      territories: [{ id: 'all', countries: [], channels: [], repIds }],
      maxOpenLeads: 400,
      capacities: [],
      fallbackOwnerId: company.personId('manager'),
    },
    qualification,
    approval: {
      ...approval,
      currencies: [CURRENCY],
      rules: [
        {
          id: 'discount-10',
          sequence: 1,
          when: { discountAboveBps: 1_000 },
          approver: { kind: 'manager', level: 1 },
          textCode: 'approval.discount',
        },
      ],
    },
    quoting: { ...quoting, defaultCurrency: CURRENCY, currencies: [CURRENCY] },
    // ISS on services, the highest rate of Lei Complementar 116/2003.
    tax: {
      ...tax,
      rates: [{ country: 'BR', taxClass: 'standard', fromOn: '2003-07-31', rateBps: 500 }],
    },
    invoicing: {
      ...POLICY_EXAMPLES.invoicing,
      issueOn: 'delivery',
      withinDays: 0,
      terms: [{ id: 'net30', kind: 'net', days: 30 }],
      defaultTermsId: 'net30',
      smallDifference: { shareBps: 50, maximums: money('2.00') },
    },
    dunning: { ...dunning, business: plan, consumer: plan },
    commission: {
      ...POLICY_EXAMPLES.commission,
      rates: [
        { family: 'technology', rateBps: 600 },
        { family: 'home', rateBps: 800 },
      ],
      defaultRateBps: 1_000,
      splits: [
        { role: 'rep', shareBps: 8_000 },
        { role: 'sdr', shareBps: 2_000 },
      ],
      overrides: [{ level: 1, rateBps: 100 }],
      payout: 'onEarned',
    },
    payout: { ...POLICY_EXAMPLES.payout, minimums: money('1.00') },
    // Nobody in the files has an address.
    notifications: { ...POLICY_EXAMPLES.notifications, mails: [], defaultLanguage: 'en' },
  };
}
