import { describe, expect, test } from '@jest/globals';
import { type Action, abilityFor, may, mustBeAllowed, PLAIN_ACTIONS } from '../../api/auth/ability.js';
import type { Actor } from '../../api/auth/actor.js';
import { MESSAGE_RESOURCES, RESOURCES, type Resource } from '../../api/auth/resources.js';
import { GENERAL_SCOPES, SCOPES, scopeBeyond, scopesAllow } from '../../api/auth/scopes.js';
import { MESSAGE_NAMES, type MessageName } from '../../domain/messages.js';
import { ROLES, type Role } from '../../domain/people/people.js';

const ME = 'person_me';

function actor(roles: readonly Role[], scopes: readonly string[] = ['admin']): Actor {
  const person = { personId: ME, roles, scopes };
  return {
    ...person,
    name: 'Me',
    language: 'en',
    rolesFromTomorrow: [],
    limits: [],
    managerId: null,
    team: null,
    keyId: null,
    ability: abilityFor(person),
  };
}

const EVERYBODY = [...ROLES];
const BUT_PAYEE = ROLES.filter((role) => role !== 'payee');
const WORKERS = BUT_PAYEE.filter((role) => role !== 'auditor');
const DEAL: Role[] = [
  'rep',
  'manager',
  'finance',
  'compensation',
  'auditor',
  'admin',
  'integration',
  'operations',
];
const SEE_ALL: Role[] = ['auditor', 'admin', 'operations'];
const PAY: Role[] = ['rep', 'manager', 'finance', 'compensation', 'payee', ...SEE_ALL];

/** Who may do it on at least some record; own ones are told apart below. */
const TABLE: [Action, Resource, readonly Role[]][] = [
  ['read', 'leads', [...DEAL, 'marketing', 'fulfilment']],
  ['read', 'contacts', ['rep', 'manager', 'marketing', 'fulfilment', 'finance', 'integration', ...SEE_ALL]],
  ['read', 'imports', ['marketing', 'manager', 'integration', ...SEE_ALL]],
  ['read', 'quotes', [...DEAL, 'marketing']],
  ['read', 'approvals', DEAL],
  ['read', 'orders', [...DEAL, 'fulfilment']],
  ['read', 'invoices', DEAL],
  ['read', 'payments', DEAL],
  ['read', 'tasks', BUT_PAYEE],
  ['read', 'waits', BUT_PAYEE],
  ['read', 'messages', EVERYBODY],
  ['read', 'commissions', PAY],
  ['read', 'statements', PAY],
  ['read', 'payouts', PAY],
  ['read', 'explanations', PAY],
  ['read', 'ledger', ['finance', ...SEE_ALL]],
  ['read', 'accounts', BUT_PAYEE],
  ['read', 'products', EVERYBODY],
  ['read', 'priceBooks', EVERYBODY],
  ['read', 'people', EVERYBODY],
  ['read', 'keys', EVERYBODY],
  ['read', 'policies', BUT_PAYEE],
  ['read', 'histories', SEE_ALL],
  ['read', 'entities', EVERYBODY],
  ['create', 'imports', ['marketing', 'manager', 'admin', 'integration']],
  ['create', 'quotes', ['rep', 'manager']],
  ['edit', 'quotes', ['rep', 'manager']],
  ['create', 'accounts', ['rep', 'manager', 'marketing', 'finance', 'admin', 'integration']],
  ['edit', 'accounts', ['manager', 'finance', 'admin', 'integration']],
  ['create', 'products', ['manager', 'admin', 'integration']],
  ['edit', 'products', ['manager', 'admin', 'integration']],
  ['create', 'priceBooks', ['manager', 'admin', 'integration']],
  ['edit', 'priceBooks', ['manager', 'admin', 'integration']],
  ['create', 'people', ['admin']],
  ['erase', 'contacts', ['admin']],
  ['edit', 'people', ['admin']],
  ['delegate', 'people', WORKERS],
  ['create', 'keys', WORKERS],
  ['revoke', 'keys', EVERYBODY],
  ['create', 'entities', ['admin']],
  ['edit', 'policies', ['admin', 'marketing', 'manager', 'finance', 'compensation']],
  ['approve', 'policies', ['manager', 'finance', 'compensation', 'admin']],
  ['resolve', 'tasks', WORKERS],
  ['create', 'payouts', ['compensation']],
  ['waive', 'invoices', ['finance']],
  ['release', 'payouts', ['compensation', 'finance']],
];

describe('who may do what', () => {
  test.each(TABLE)('%s %s', (action, resource, allowed) => {
    const found = ROLES.filter((role) => may(actor([role]), action, resource));
    expect(found).toEqual(ROLES.filter((role) => allowed.includes(role)));
  });

  test('what the table leaves out nobody may, not even with all roles', () => {
    const listed = new Set(TABLE.map(([action, resource]) => `${action} ${resource}`));
    const all = actor(ROLES);
    const open = PLAIN_ACTIONS.flatMap((action) =>
      RESOURCES.filter((resource) => !listed.has(`${action} ${resource}`) && may(all, action, resource)).map(
        (resource) => `${action} ${resource}`,
      ),
    );
    expect(open).toEqual([]);
  });

  test.each([
    [
      ['rep'],
      ['admin'],
      'paymentApplied',
      'payments',
      'may not record or allocate payments: it needs the role finance, integration, this person has the role rep',
    ],
    [
      ['payee'],
      ['admin'],
      'leadCaptured',
      'leads',
      'may not capture leads: it needs the role marketing, rep, manager, integration, this person has the role payee',
    ],
    [
      ['finance'],
      ['leads:read'],
      'creditInvoice',
      'invoices',
      'may not credit invoices: the scopes of this key, leads:read, do not cover it',
    ],
    [
      [],
      ['read'],
      'create',
      'priceBooks',
      'may not create price books: it needs the role manager, admin, integration, this person has no usable role',
    ],
  ] as const)('%j with %j is told what is missing for %s', (roles, scopes, action, resource, told) => {
    expect(() => mustBeAllowed(actor(roles, scopes), action, resource)).toThrow(`forbidden: ${ME} ${told}`);
  });

  test('who has no role may nothing', () => {
    const some = TABLE.filter(([action, resource]) => may(actor([]), action, resource));
    expect(some).toEqual([]);
  });

  /** The senders the issue names, written down once more so that a slip in the table of messages shows. */
  test.each([
    ['qualifyLead', ['rep', 'manager']],
    ['submitQuote', ['rep', 'manager']],
    ['acceptQuote', ['rep', 'manager', 'integration']],
    ['deliveryRecorded', ['fulfilment', 'integration']],
    ['paymentApplied', ['finance', 'integration']],
    ['writeOffInvoice', ['finance']],
    ['reassignLead', ['manager', 'admin']],
  ] as [MessageName, Role[]][])('%s is sent by %j', (name, allowed) => {
    const found = ROLES.filter((role) => may(actor([role]), name, MESSAGE_RESOURCES[name]));
    expect(found).toEqual(ROLES.filter((role) => allowed.includes(role)));
  });

  test('the auditor reads everything and changes nothing but keys of their own', () => {
    const auditor = actor(['auditor']);
    expect(RESOURCES.filter((resource) => !may(auditor, 'read', resource))).toEqual([]);
    const changes = RESOURCES.flatMap((resource) =>
      [...PLAIN_ACTIONS.filter((action) => action !== 'read'), ...MESSAGE_NAMES]
        .filter((action) => may(auditor, action, resource))
        .map((action) => `${action} ${resource}`),
    );
    expect(changes).toEqual(['revoke keys']);
  });
});

describe('rights that depend on the record', () => {
  test.each([
    ['read', 'commissions', 'payee', { payeeId: ME }, true],
    ['read', 'commissions', 'payee', { payeeId: 'person_other' }, false],
    ['read', 'commissions', 'rep', { payeeId: 'person_other' }, false],
    ['read', 'commissions', 'compensation', { payeeId: 'person_other' }, true],
    ['read', 'keys', 'rep', { personId: ME }, true],
    ['read', 'keys', 'rep', { personId: 'person_other' }, false],
    ['read', 'keys', 'auditor', { personId: 'person_other' }, true],
    ['create', 'keys', 'rep', { personId: 'person_other' }, false],
    ['create', 'keys', 'admin', { personId: 'person_other' }, true],
    ['revoke', 'keys', 'auditor', { personId: 'person_other' }, false],
    ['delegate', 'people', 'rep', { personId: ME }, true],
    ['delegate', 'people', 'rep', { personId: 'person_other' }, false],
    ['edit', 'policies', 'finance', { kind: 'tax' }, true],
    ['edit', 'policies', 'finance', { kind: 'commission' }, false],
    ['edit', 'policies', 'compensation', { kind: 'commission' }, true],
    ['edit', 'policies', 'manager', { kind: 'approval' }, false],
    ['edit', 'policies', 'admin', { kind: 'approval' }, true],
    ['approve', 'policies', 'manager', { kind: 'commission' }, true],
    ['approve', 'policies', 'manager', { kind: 'tax' }, false],
  ] as [Action, Resource, Role, Record<string, string>, boolean][])(
    '%s %s as %s with %j: %s',
    (action, resource, role, record, expected) => {
      expect(may(actor([role]), action, resource, record)).toBe(expected);
    },
  );
});

describe('a scope narrows what a person may, and never widens it', () => {
  test.each([
    [['read'], 'read', 'leads', true],
    [['read'], 'create', 'accounts', false],
    [['write'], 'create', 'accounts', true],
    [['write'], 'read', 'accounts', true],
    [['write'], 'create', 'people', false],
    [['write'], 'edit', 'policies', false],
    [['write'], 'create', 'keys', false],
    [['admin'], 'edit', 'policies', true],
    [['leads:read'], 'read', 'leads', true],
    [['leads:read'], 'read', 'quotes', false],
    [['leads:read'], 'leadCaptured', 'leads', false],
    [['leads:write'], 'leadCaptured', 'leads', true],
    [['leads:write'], 'read', 'leads', true],
    [['people:write'], 'edit', 'people', true],
    [['read', 'quotes:write'], 'create', 'quotes', true],
    [['read', 'quotes:write'], 'create', 'accounts', false],
  ] as [string[], string, Resource, boolean][])('%j lets %s %s: %s', (scopes, action, resource, expected) => {
    expect(scopesAllow(scopes, action, resource)).toBe(expected);
  });

  test('the scope admin gives a rep nothing a rep may not', () => {
    expect(may(actor(['rep'], ['admin']), 'create', 'people')).toBe(false);
  });

  test('a narrow key of a manager cannot do what the manager can', () => {
    expect(may(actor(['manager'], ['leads:read']), 'submitQuote', 'quotes')).toBe(false);
  });

  test.each([
    [['admin'], ['write'], 'admin'],
    [['write'], ['write'], undefined],
    [['leads:write'], ['write'], undefined],
    [['people:write'], ['write'], 'people:write'],
    [['read'], ['leads:read'], 'read'],
    [['leads:read', 'quotes:read'], ['read'], undefined],
    [['leads:write'], ['leads:read'], 'leads:write'],
    [[...SCOPES], ['admin'], undefined],
  ] as [string[], string[], string | undefined][])(
    'a key of %j made with %j: beyond is %s',
    (wanted, held, beyond) => {
      expect(scopeBeyond(wanted, held)).toBe(beyond);
    },
  );

  test('there is a pair of scopes for each resource beside the general ones', () => {
    expect(SCOPES).toHaveLength(GENERAL_SCOPES.length + 2 * RESOURCES.length);
  });
});
