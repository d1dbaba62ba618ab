// What the database refuses, in the caller's words. Each rule the schema guards by name has its line here; a
// constraint without one is a fault of ours (the API should have refused first) and stays `internal`.
import { DomainError, type ErrorCode } from '../domain/errors.js';

interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly pointer?: string;
}

const CONSTRAINTS: Readonly<Record<string, Refusal>> = {
  people_email_once: {
    code: 'already_exists',
    detail: 'an active person has this e-mail',
    pointer: '/email',
  },
  people_external_id_key: {
    code: 'already_exists',
    detail: 'a person has this externalId',
    pointer: '/externalId',
  },
  people_manager_id_fkey: {
    code: 'unknown_reference',
    detail: 'there is no such manager',
    pointer: '/managerId',
  },
  nobody_manages_himself: {
    code: 'unknown_reference',
    detail: 'nobody is their own manager',
    pointer: '/managerId',
  },
  nobody_grants_himself: { code: 'forbidden', detail: 'nobody gives roles to themselves', pointer: '/roles' },
  accounts_external_id_key: {
    code: 'already_exists',
    detail: 'an account has this externalId',
    pointer: '/externalId',
  },
  accounts_parent_id_fkey: {
    code: 'unknown_reference',
    detail: 'there is no such parent account',
    pointer: '/parentId',
  },
  products_sku_key: { code: 'already_exists', detail: 'a product has this sku', pointer: '/sku' },
  price_books_name_key: { code: 'already_exists', detail: 'a price book has this name', pointer: '/name' },
  price_book_ends_after_it_starts: {
    code: 'invalid_field',
    detail: 'validUntil lies before validFrom',
    pointer: '/validUntil',
  },
  tasks_open_once: { code: 'already_exists', detail: 'a request of this kind is open for this record' },
  messages_pkey: { code: 'key_reused', detail: 'this Idempotency-Key was used with another request' },
  payment_recorder_never_writes_off: {
    code: 'conflicting_duties',
    detail: 'whoever recorded a payment on an invoice, or put one there, never writes it off',
  },
  write_off_decider_never_records_a_payment: {
    code: 'conflicting_duties',
    detail: 'whoever wrote an invoice off never records a payment on it, nor puts one there',
  },
  credit_note_maker_never_approves: {
    code: 'self_approval',
    detail: 'a credit note is made by two persons',
  },
  roles_are_usable_from_the_next_day: {
    code: 'forbidden',
    detail: 'a role is usable from the day after it was given',
  },
  payout_maker_never_releases: {
    code: 'conflicting_duties',
    detail: 'whoever calculated a payout or edited its plan never releases it',
  },
  nobody_releases_his_own_payout: {
    code: 'self_approval',
    detail: 'nobody releases their own payout',
  },
  policies_pkey: { code: 'stale_version', detail: 'somebody else stored this version meanwhile' },
  policy_approvals_pkey: { code: 'already_decided', detail: 'this person approved this version already' },
  policy_editor_never_approves: {
    code: 'self_approval',
    detail: 'the editor of a policy never approves it',
  },
  nobody_approves_his_own_quote: {
    code: 'self_approval',
    detail: 'nobody approves a quote they asked approval for',
  },
  quote_maker_never_approves: {
    code: 'self_approval',
    detail: 'the maker of a quote never approves it, and only what was submitted is approved',
  },
  nobody_has_his_own_request_approved: {
    code: 'self_approval',
    detail: 'nobody decides for whoever asked for the approval',
  },
  only_who_was_asked_approves: {
    code: 'forbidden',
    detail: 'only who was asked approves, or somebody for them',
  },
  stands_in_by_a_delegation: {
    code: 'forbidden',
    detail: 'nobody decides for somebody else without a delegation of that day',
  },
  nobody_approves_above_his_limit: {
    code: 'limit_exceeded',
    detail: 'the amount is above the limit of the approver',
  },
};

interface PgError extends Error {
  code?: string;
  detail?: string;
  constraint?: string;
}

/** The refusal a violated constraint stands for, or undefined where it is no caller's fault. */
export function refusalOfConstraint(error: PgError): DomainError | undefined {
  if (!/^23/.test(error.code ?? '')) return undefined;
  const refusal = CONSTRAINTS[error.constraint ?? ''];
  if (refusal === undefined) return undefined;
  // `Key (sku)=(CRM-SEAT) already exists.`: the value is the caller's own.
  const [, value] = /^Key \(.*?\)=\((.*?)\)/.exec(error.detail ?? '') ?? [];
  const named = value === undefined ? '' : `: ${value.slice(0, 100)}`;
  return new DomainError(refusal.code, `${refusal.detail}${named}`, refusal.pointer);
}
