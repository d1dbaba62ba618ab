// Who may do what, by role: one table for what is plain data, and domain/messages.ts for what a workflow is
// told. A right here opens the door only; limits, toxic pairs and stages are judged again by the step.
import { AbilityBuilder, createMongoAbility, type MongoAbility, subject } from '@casl/ability';
import { DomainError } from '../../domain/errors.js';
import { MESSAGE_NAMES, MESSAGES, type MessageName } from '../../domain/messages.js';
import { ROLES, type Role } from '../../domain/people/people.js';
import type { PolicyKind } from '../../domain/policies/types.js';
import type { Actor } from './actor.js';
import { MESSAGE_RESOURCES, RESOURCES, type Resource } from './resources.js';
import { scopesAllow } from './scopes.js';

/** What is done to plain data; what a workflow is told goes by the name of its message. */
export const PLAIN_ACTIONS = [
  'read',
  'create',
  'edit',
  'revoke',
  'delegate',
  'approve',
  'resolve',
  'release',
  'waive',
  'erase',
] as const;
export type PlainAction = (typeof PLAIN_ACTIONS)[number];
export type Action = PlainAction | MessageName;
export type Ability = MongoAbility<[Action, Resource | (Record<string, unknown> & object)]>;

interface Right {
  readonly action: PlainAction;
  readonly resources: readonly Resource[];
  readonly roles: readonly Role[];
  /** The field of the record that must hold the person's own id. */
  readonly ownBy?: 'personId' | 'payeeId';
  /** Kinds of policy the right is limited to. */
  readonly kinds?: readonly PolicyKind[];
}

const EVERYBODY = ROLES;
const WORKERS = ROLES.filter((role) => role !== 'payee' && role !== 'auditor');
const DEAL: readonly Resource[] = ['leads', 'quotes', 'approvals', 'orders', 'invoices', 'payments'];
const PAY: readonly Resource[] = ['commissions', 'statements', 'payouts'];

/** Every right that is not a message. Order has no meaning: rights only add up. */
export const RIGHTS: readonly Right[] = [
  { action: 'read', resources: RESOURCES, roles: ['auditor', 'admin', 'operations'] },
  {
    action: 'read',
    resources: ['products', 'priceBooks', 'entities', 'people', 'messages'],
    roles: EVERYBODY,
  },
  { action: 'read', resources: ['accounts', 'policies', 'tasks', 'waits'], roles: WORKERS },
  { action: 'read', resources: DEAL, roles: ['rep', 'manager', 'finance', 'compensation', 'integration'] },
  { action: 'read', resources: ['leads', 'imports', 'quotes'], roles: ['marketing'] },
  { action: 'read', resources: ['leads', 'orders'], roles: ['fulfilment'] },
  // Who works with the customer; whoever only computes or checks amounts needs no name or telephone number.
  {
    action: 'read',
    resources: ['contacts'],
    roles: ['rep', 'manager', 'marketing', 'fulfilment', 'finance', 'integration'],
  },
  { action: 'read', resources: ['imports'], roles: ['manager', 'integration'] },
  {
    action: 'read',
    resources: ['explanations'],
    roles: ['rep', 'manager', 'finance', 'compensation', 'payee'],
  },
  { action: 'read', resources: ['ledger'], roles: ['finance'] },
  { action: 'read', resources: PAY, roles: ['compensation', 'finance'] },
  { action: 'read', resources: PAY, roles: ['payee', 'rep', 'manager'], ownBy: 'payeeId' },
  { action: 'read', resources: ['keys'], roles: EVERYBODY, ownBy: 'personId' },
  { action: 'create', resources: ['keys'], roles: ['admin'] },
  { action: 'create', resources: ['keys'], roles: WORKERS, ownBy: 'personId' },
  { action: 'revoke', resources: ['keys'], roles: ['admin'] },
  { action: 'revoke', resources: ['keys'], roles: EVERYBODY, ownBy: 'personId' },
  { action: 'create', resources: ['imports'], roles: ['marketing', 'manager', 'admin', 'integration'] },
  { action: 'create', resources: ['quotes'], roles: ['rep', 'manager'] },
  { action: 'edit', resources: ['quotes'], roles: ['rep', 'manager'] },
  {
    action: 'create',
    resources: ['accounts'],
    roles: ['rep', 'manager', 'marketing', 'finance', 'admin', 'integration'],
  },
  { action: 'edit', resources: ['accounts'], roles: ['manager', 'finance', 'admin', 'integration'] },
  { action: 'create', resources: ['products', 'priceBooks'], roles: ['manager', 'admin', 'integration'] },
  { action: 'edit', resources: ['products', 'priceBooks'], roles: ['manager', 'admin', 'integration'] },
  { action: 'create', resources: ['people', 'entities'], roles: ['admin'] },
  { action: 'edit', resources: ['people'], roles: ['admin'] },
  { action: 'delegate', resources: ['people'], roles: ['admin'] },
  { action: 'delegate', resources: ['people'], roles: WORKERS, ownBy: 'personId' },
  { action: 'edit', resources: ['policies'], roles: ['admin'] },
  { action: 'edit', resources: ['policies'], roles: ['marketing'], kinds: ['scoring', 'assignment'] },
  {
    action: 'edit',
    resources: ['policies'],
    roles: ['manager'],
    kinds: ['assignment', 'qualification', 'quoting'],
  },
  { action: 'edit', resources: ['policies'], roles: ['finance'], kinds: ['tax', 'invoicing', 'dunning'] },
  { action: 'edit', resources: ['policies'], roles: ['compensation'], kinds: ['commission', 'payout'] },
  {
    action: 'approve',
    resources: ['policies'],
    roles: ['manager', 'finance', 'compensation', 'admin'],
    kinds: ['commission'],
  },
  { action: 'resolve', resources: ['tasks'], roles: WORKERS },
  { action: 'create', resources: ['payouts'], roles: ['compensation'] },
  { action: 'waive', resources: ['invoices'], roles: ['finance'] },
  { action: 'erase', resources: ['contacts'], roles: ['admin'] },
  { action: 'release', resources: ['payouts'], roles: ['compensation', 'finance'] },
];

/** What an actor may do: the rights of its usable roles, within its scopes. */
export function abilityFor(actor: Pick<Actor, 'personId' | 'roles' | 'scopes'>): Ability {
  const { can, build } = new AbilityBuilder<Ability>(createMongoAbility);
  const holds = (roles: readonly Role[]): boolean => roles.some((role) => actor.roles.includes(role));
  for (const right of RIGHTS) {
    if (!holds(right.roles)) continue;
    for (const resource of right.resources) {
      if (scopesAllow(actor.scopes, right.action, resource)) {
        can(right.action, resource, conditionOf(right, actor.personId));
      }
    }
  }
  for (const name of MESSAGE_NAMES) {
    const resource = MESSAGE_RESOURCES[name];
    if (holds(MESSAGES[name].roles) && scopesAllow(actor.scopes, name, resource)) can(name, resource);
  }
  return build();
}

function conditionOf(right: Right, personId: string): Record<string, unknown> | undefined {
  if (right.ownBy !== undefined) return { [right.ownBy]: personId };
  return right.kinds === undefined ? undefined : { kind: { $in: [...right.kinds] } };
}

/** Tells whether an actor may act on a record; without a record, whether there may be one it may act on. */
export function may(
  actor: Actor,
  action: Action,
  resource: Resource,
  record?: Readonly<Record<string, unknown>>,
): boolean {
  return actor.ability.can(action, record === undefined ? resource : subject(resource, { ...record }));
}

/** Refuses with `forbidden` what an actor may not do; names action, resource, roles and scopes. */
export function mustBeAllowed(
  actor: Actor,
  action: Action,
  resource: Resource,
  record?: Readonly<Record<string, unknown>>,
): void {
  if (may(actor, action, resource, record)) return;
  const waiting = actor.rolesFromTomorrow.length
    ? `; granted today and usable from tomorrow: ${actor.rolesFromTomorrow.join(', ')}`
    : '';
  const what = `${actor.personId} may not ${verbOf(action)} ${record === undefined ? '' : 'these '}${nounOf(resource)}`;
  throw new DomainError('forbidden', `${what}: ${lackOf(actor, action, resource)}${waiting}`);
}

/** What is missing: a role that may, or the scope of a key whose person has the role. */
function lackOf({ roles, scopes }: Actor, action: Action, resource: Resource): string {
  const needed = rolesFor(action, resource);
  if (!needed.some((role) => roles.includes(role))) {
    const has = roles.length === 0 ? 'no usable role' : `the role ${roles.join(', ')}`;
    return `it needs the role ${needed.join(', ') || 'nobody has'}, this person has ${has}`;
  }
  if (scopesAllow(scopes, action, resource)) return `the role ${roles.join(', ')} does not reach so far`;
  return `the scopes of this key, ${scopes.join(', ')}, do not cover it`;
}

/** The roles that may, whatever the record. */
function rolesFor(action: Action, resource: Resource): readonly Role[] {
  if (isMessage(action)) return MESSAGES[action].roles;
  const rights = RIGHTS.filter((right) => right.action === action && right.resources.includes(resource));
  return ROLES.filter((role) => rights.some(({ roles }) => roles.includes(role)));
}

const isMessage = (action: Action): action is MessageName => action in MESSAGES;

/** What a message does, as people say it; the noun is its resource. */
const VERBS: Readonly<Record<MessageName, string>> = {
  qualifyLead: 'qualify',
  reassignLead: 'hand on',
  withdrawLead: 'withdraw',
  submitQuote: 'submit',
  decideApproval: 'decide',
  acceptQuote: 'record the acceptance of',
  declineQuote: 'record the decline of',
  cancelOrder: 'cancel',
  writeOffInvoice: 'write off',
  creditInvoice: 'credit',
  leadCaptured: 'capture',
  leadTouched: 'record touches on',
  deliveryRecorded: 'record deliveries on',
  paymentApplied: 'record or allocate',
  paymentReversed: 'reverse',
  waitReassigned: 'hand over the work of',
  commissionPaid: 'settle',
};

const verbOf = (action: Action): string => (isMessage(action) ? VERBS[action] : action);
const nounOf = (resource: Resource): string => resource.replace('priceBooks', 'price books');
