// Drafting is plain database work: a quote or another revision of it, priced and hashed, before anybody has
// to decide anything. It touches no stage; submitting does.

import { appendAudit } from '../../db/audit.js';
import { DRAFTING, type DraftingJson } from '../../db/drafting.js';
import { newId } from '../../db/ids.js';
import type { PolicyStore } from '../../db/policies.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import type { NeededApproval } from '../../domain/approvals/types.js';
import { instantAt } from '../../domain/calendar/clock.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { entityMissing, policyMissing } from '../../domain/policies/missing.js';
import type { PolicyKind } from '../../domain/policies/types.js';
import type { PricedQuote } from '../../domain/quotes/price.js';
import { type Content, contentHash, lineRows } from '../quoteRecord.js';
import {
  accountRow,
  type Draft,
  deliveryOf,
  KINDS,
  needed,
  newAccount,
  price,
  type Rules,
  termsOf,
  validDaysOf,
} from './quotePricing.js';

export type { Draft } from './quotePricing.js';

export interface Drafted {
  readonly quoteId: string;
  readonly revision: number;
  readonly priced: PricedQuote;
  readonly approvalsNeeded: readonly NeededApproval[];
}

interface DraftInput {
  readonly draft: Draft;
  readonly actorId: string;
  readonly nowMs: number;
}

/** Makes a quote with its first revision on a lead. */
export function draftQuote(
  store: PolicyStore,
  tx: Tx,
  input: DraftInput & { readonly leadId: string },
): Promise<Drafted> {
  return draft(store, tx, input, { leadId: input.leadId, quoteId: null });
}

/** Makes the next revision of a quote; what is not given is not taken over: a revision says everything. */
export async function reviseQuote(
  store: PolicyStore,
  tx: Tx,
  input: DraftInput & { readonly quoteId: string },
): Promise<Drafted> {
  // Locked by the head of its chain, so that two revisions at once get two numbers: quotes themselves are never
  // changed, and the application's role may not lock them either.
  const { rows } = await tx.query<{ lead_id: string }>({
    name: 'lock_quote',
    text: `select q.lead_id from quotes q join audit_heads h on h.subject = q.id where q.id = $1
      for update of h`,
    values: [input.quoteId],
  });
  if (!rows[0]) throw new DomainError('not_found', `no quote ${input.quoteId}`);
  return draft(store, tx, input, { leadId: rows[0].lead_id, quoteId: input.quoteId });
}

async function draft(
  store: PolicyStore,
  tx: Tx,
  input: DraftInput,
  target: { readonly leadId: string; readonly quoteId: string | null },
): Promise<Drafted> {
  const { draft, actorId, nowMs } = input;
  await lockDrafting(tx, target.leadId);
  const known = await load(tx, input, target);
  mayDraft(known, actorId, target.leadId);
  const pins = Object.fromEntries(KINDS.map((kind) => [kind, known.versions[kind]])) as Record<
    string,
    number
  >;
  const { entity } = known;
  if (!entity) throw entityMissing();
  const rules = await rulesOf(store, tx, known.versions);
  const atMs = instantAt(known.clock, nowMs);
  const today = dateIn(entity.zone, atMs);
  const account = known.account ?? newAccount(known, draft);
  const terms = termsOf(draft, known, rules);
  const offer: Offer = {
    key: { quoteId: target.quoteId ?? newId('quote'), revision: known.newest + 1 },
    entityId: entity.id,
    account: { id: account.id, legalName: account.legalName, country: account.country, vatId: account.vatId },
    priced: price(draft, known, rules, { entity, account, today }),
    terms,
    validDays: validDaysOf(draft, rules),
    requestedDeliveryOn: deliveryOf(draft, today),
    pins,
  };
  const writes = new Writes();
  const by = { actorId, at: new Date(atMs) };
  if (!known.account) writes.insert('accounts', { ...accountRow(account, known), created_at: by.at });
  // The next lead of this person is drafted on the same account, so that its cash and reminders meet there.
  if (known.contact && known.contact.accountId !== account.id) {
    writes.update('contacts', ['id'], { id: known.contact.id, account_id: account.id });
  }
  if (target.quoteId === null) writeQuote(writes, offer, target.leadId, by);
  writeRevision(writes, offer, target.leadId, draft.discountBps ?? 0, known, by);
  await writes.run(tx);
  const approvalsNeeded = needed(known, rules, offer.priced, terms, actorId, today);
  return { ...offer.key, priced: offer.priced, approvalsNeeded };
}

/** Two first drafts of one person at once, of one lead or two, would each make the customer's account. */
async function lockDrafting(tx: Tx, leadId: string): Promise<void> {
  await tx.query({
    name: 'lock_drafting',
    text: `select pg_advisory_xact_lock(hashtextextended('draft.' ||
      coalesce((select contact_id from leads where id = $1), $1), 0))`,
    values: [leadId],
  });
}

type Offer = Content;

interface By {
  readonly actorId: string;
  readonly at: Date;
}

function mayDraft({ lead, actor }: DraftingJson, actorId: string, leadId: string): void {
  if (!lead) throw new DomainError('not_found', `no lead ${leadId}`);
  if (lead.stage === 'closed') throw new DomainError('lead_closed', `lead ${leadId} is closed`);
  const free = actor.roles.some((role) => role === 'manager' || role === 'integration');
  if (!free && lead.ownerId !== actorId) {
    throw new DomainError('forbidden', `lead ${leadId} belongs to ${lead.ownerId ?? 'nobody'}`);
  }
}

async function rulesOf(store: PolicyStore, tx: Tx, versions: DraftingJson['versions']): Promise<Rules> {
  const missing = KINDS.find((kind) => versions[kind] === undefined);
  if (missing !== undefined) throw policyMissing(missing, versions);
  const bodies: [PolicyKind, unknown][] = [];
  for (const kind of KINDS) bodies.push([kind, await store.get(tx, kind, versions[kind])]);
  return Object.fromEntries(bodies) as unknown as Rules;
}

function writeQuote(writes: Writes, { key, account, entityId, priced }: Offer, leadId: string, by: By): void {
  writes.insert('quotes', {
    id: key.quoteId,
    lead_id: leadId,
    account_id: account.id,
    entity_id: entityId,
    currency: priced.currency,
    created_by: by.actorId,
    created_at: by.at,
  });
}

function writeRevision(
  writes: Writes,
  offer: Offer,
  leadId: string,
  discountBps: number,
  known: DraftingJson,
  { actorId, at }: By,
): void {
  const { key, priced, terms, pins } = offer;
  const { quoteId, revision } = key;
  const hash = contentHash(offer);
  writes.insert('quote_revisions', {
    quote_id: quoteId,
    revision,
    lead_id: leadId,
    status: 'draft',
    content_hash: hash,
    price_book_id: bookOf(priced, known),
    discount_bps: discountBps,
    effective_discount_bps: priced.discountBps,
    max_line_discount_bps: Math.max(...priced.lines.map((line) => line.discountBps)),
    list_minor: priced.listMinor,
    net_minor: priced.netMinor,
    tax_minor: priced.taxMinor,
    gross_minor: priced.grossMinor,
    terms,
    valid_days: offer.validDays,
    requested_delivery_on: offer.requestedDeliveryOn,
    pins,
    created_by: actorId,
    created_at: at,
  });
  const productIds = new Map(known.products.map(({ sku, id }) => [sku, id]));
  writes.insert('quote_lines', ...lineRows(key, priced, productIds));
  const { audit } = known;
  const chain = audit ? { seq: BigInt(audit.seq), hash: Buffer.from(audit.hash, 'hex') } : undefined;
  const detail = { leadId, net: priced.netMinor, currency: priced.currency, hash: hash.toString('hex') };
  const change = {
    key: `${quoteId}/${revision}`,
    action: 'draftQuote',
    at,
    actor: actorId,
    revision,
    detail,
  };
  appendAudit(writes, chain, { subject: quoteId, ...change });
}

/** The book of the first line; each line's own stands in its waterfall. */
function bookOf({ lines }: PricedQuote, { products }: DraftingJson): string {
  const id = products.find(({ sku }) => sku === lines[0]?.sku)?.book?.id;
  if (id === undefined) throw new RangeError(`${lines[0]?.sku} was priced without a price book`);
  return id;
}

async function load(
  tx: Tx,
  { draft, actorId, nowMs }: DraftInput,
  target: { readonly leadId: string; readonly quoteId: string | null },
): Promise<DraftingJson> {
  const { rows } = await tx.query<{ known: DraftingJson }>({
    name: 'drafting',
    text: DRAFTING,
    values: [
      target.leadId,
      target.quoteId,
      actorId,
      draft.accountId ?? null,
      draft.lines.map((line) => line.sku),
      draft.currency ?? null,
      nowMs,
    ],
  });
  const { known } = rows[0] as (typeof rows)[0];
  if (draft.accountId !== undefined && !known.account) {
    throw new DomainError('invalid_field', `no account ${draft.accountId}`, '/accountId');
  }
  if (known.account && draft.country !== undefined && draft.country !== known.account.country) {
    const detail = `${draft.country} is not the country of account ${known.account.id}, ${known.account.country}`;
    throw new DomainError('invalid_field', detail, '/country');
  }
  if (known.quoteCurrency && draft.currency && known.quoteCurrency !== draft.currency) {
    const detail = `the quote is in ${known.quoteCurrency}; another currency needs a quote of its own`;
    throw new DomainError('currency_mismatch', detail, '/currency');
  }
  return known;
}
