// Drafting is plain database work: a quote or another revision of it, priced and hashed, before anybody has
// to decide anything. It touches no stage; submitting does.

import { appendAudit } from '../../db/audit.js';
import { DRAFTING, type DraftingJson } from '../../db/drafting.js';
import { newId } from '../../db/ids.js';
import type { PolicyStore } from '../../db/policies.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { approvalsNeeded } from '../../domain/approvals/approvalsNeeded.js';
import type { NeededApproval } from '../../domain/approvals/types.js';
import { instantAt } from '../../domain/calendar/clock.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { DomainError } from '../../domain/errors.js';
import { parseMicro } from '../../domain/money/amounts.js';
import type { NamedTerms, PolicyByKind, PolicyKind } from '../../domain/policies/types.js';
import {
  type CatalogueItem,
  type PricedQuote,
  priceQuote,
  type QuoteLineRequest,
} from '../../domain/quotes/price.js';
import { peopleFrom } from '../people.js';
import { contentHash, lineRows, quoteFacts } from '../quoteRecord.js';
import { costOf } from '../quotes.js';

export interface Draft {
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: string;
    readonly discountBps?: number;
    readonly unitPrice?: string;
  }[];
  readonly accountId?: string;
  readonly currency?: string;
  readonly discountBps?: number;
  /** Id of one of the payment terms of the invoicing policy. */
  readonly terms?: string;
  readonly validDays?: number;
  readonly requestedDeliveryOn?: string;
}

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

const KINDS = [
  'quoting',
  'tax',
  'invoicing',
  'approval',
  'commission',
] as const satisfies readonly PolicyKind[];
type Rules = Pick<PolicyByKind, (typeof KINDS)[number]>;

async function draft(
  store: PolicyStore,
  tx: Tx,
  { draft, actorId, nowMs }: DraftInput,
  target: { readonly leadId: string; readonly quoteId: string | null },
): Promise<Drafted> {
  const known = await load(tx, { draft, actorId, nowMs }, target);
  const { lead, actor, clock } = known;
  if (!lead) throw new DomainError('not_found', `no lead ${target.leadId}`);
  if (lead.stage === 'closed') throw new DomainError('lead_closed', `lead ${target.leadId} is closed`);
  const free = actor.roles.some((role) => role === 'manager' || role === 'integration');
  if (!free && lead.ownerId !== actorId) {
    throw new DomainError('forbidden', `lead ${target.leadId} belongs to ${lead.ownerId ?? 'nobody'}`);
  }
  const pins = Object.fromEntries(KINDS.map((kind) => [kind, known.versions[kind]])) as Record<
    string,
    number
  >;
  const bodies: [PolicyKind, unknown][] = [];
  for (const kind of KINDS) bodies.push([kind, await store.get(tx, kind, pins[kind])]);
  const rules = Object.fromEntries(bodies) as unknown as Rules;
  const { entity } = known;
  if (!entity) throw new DomainError('not_found', 'the company has no legal entity yet');
  const atMs = instantAt(clock, nowMs);
  const today = dateIn(entity.zone, atMs);
  const account = known.account ?? newAccount(known, entity.country);
  const terms = termsOf(draft, known, rules);
  const priced = price(draft, known, rules, { entity, account, today });
  const quoteId = target.quoteId ?? newId('quote');
  const revision = known.newest + 1;
  const validDays = draft.validDays ?? rules.quoting.defaultValidDays;
  if (validDays > rules.quoting.maxValidDays) {
    const detail = `valid for ${validDays} days, the limit is ${rules.quoting.maxValidDays}`;
    throw new DomainError('limit_exceeded', detail, '/validDays');
  }
  const requestedDeliveryOn = draft.requestedDeliveryOn ?? null;
  if (requestedDeliveryOn !== null && requestedDeliveryOn < today) {
    const detail = `${requestedDeliveryOn} lies before today, ${today}`;
    throw new DomainError('invalid_field', detail, '/requestedDeliveryOn');
  }
  const key = { quoteId, revision };
  const customer = {
    id: account.id,
    legalName: account.legalName,
    country: account.country,
    vatId: account.vatId,
  };
  const hash = contentHash({
    key,
    entityId: entity.id,
    account: customer,
    priced,
    terms,
    validDays,
    requestedDeliveryOn,
    pins,
  });
  const writes = new Writes();
  const at = new Date(atMs);
  if (!known.account) writes.insert('accounts', { ...accountRow(account, known), created_at: at });
  if (target.quoteId === null) {
    writes.insert('quotes', {
      id: quoteId,
      lead_id: target.leadId,
      account_id: account.id,
      entity_id: entity.id,
      currency: priced.currency,
      created_by: actorId,
      created_at: at,
    });
  }
  writes.insert('quote_revisions', {
    quote_id: quoteId,
    revision,
    lead_id: target.leadId,
    status: 'draft',
    content_hash: hash,
    price_book_id: known.book?.id as string,
    discount_bps: draft.discountBps ?? 0,
    effective_discount_bps: priced.discountBps,
    max_line_discount_bps: Math.max(...priced.lines.map((line) => line.discountBps)),
    list_minor: priced.listMinor,
    net_minor: priced.netMinor,
    tax_minor: priced.taxMinor,
    gross_minor: priced.grossMinor,
    terms,
    valid_days: validDays,
    requested_delivery_on: requestedDeliveryOn,
    pins,
    created_by: actorId,
    created_at: at,
  });
  const productIds = new Map(known.products.map(({ sku, id }) => [sku, id]));
  writes.insert('quote_lines', ...lineRows(key, priced, productIds));
  appendAudit(
    writes,
    known.audit ? { seq: BigInt(known.audit.seq), hash: Buffer.from(known.audit.hash, 'hex') } : undefined,
    {
      subject: quoteId,
      key: `${quoteId}/${revision}`,
      action: 'draftQuote',
      at,
      actor: actorId,
      revision,
      detail: {
        leadId: target.leadId,
        net: priced.netMinor,
        currency: priced.currency,
        hash: hash.toString('hex'),
      },
    },
  );
  await writes.run(tx);
  return { ...key, priced, approvalsNeeded: needed(known, rules, priced, terms, actorId, today) };
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
  if (known.quoteCurrency && draft.currency && known.quoteCurrency !== draft.currency) {
    const detail = `the quote is in ${known.quoteCurrency}; another currency needs a quote of its own`;
    throw new DomainError('currency_mismatch', detail, '/currency');
  }
  return known;
}

function price(
  draft: Draft,
  known: DraftingJson,
  rules: Rules,
  parties: {
    entity: NonNullable<DraftingJson['entity']>;
    account: { country: string; vatId: string | null };
    today: string;
  },
): PricedQuote {
  const { currencies } = rules.quoting;
  const { currency, book } = known;
  if (!currencies.includes(currency)) {
    throw new DomainError(
      'invalid_field',
      `${currency} is not sold in; one of ${currencies.join(', ')} is`,
      '/currency',
    );
  }
  if (!book)
    throw new DomainError(
      'no_price',
      `no price book in ${currency} is valid on ${parties.today}`,
      '/currency',
    );
  const catalogue = known.products.map(
    (product): CatalogueItem => ({
      sku: product.sku,
      name: product.name,
      family: product.family,
      taxClass: product.taxClass,
      supply: product.supply as CatalogueItem['supply'],
      discountable: product.discountable,
      chargedOn: product.chargedOn as CatalogueItem['chargedOn'],
      unitPriceMicro: product.unitPrice === null ? null : parseMicro(product.unitPrice),
      priceSource: `price_book:${book.id}@${book.revision}`,
    }),
  );
  return priceQuote({
    currency,
    catalogue,
    lines: draft.lines.map((line, index) => lineRequest(line, index, known)),
    discountBps: draft.discountBps,
    sale: {
      entityCountry: parties.entity.country,
      entityUsesOss: parties.entity.usesOss,
      customerCountry: parties.account.country,
      customerVatId: parties.account.vatId,
      taxPointOn: parties.today,
    },
    taxPolicy: rules.tax,
    limits: rules.quoting,
  });
}

function lineRequest(line: Draft['lines'][0], index: number, known: DraftingJson): QuoteLineRequest {
  const at = `/lines/${index}`;
  const quantityMicro = parseMicro(line.quantity, { pointer: `${at}/quantity` });
  const product = known.products.find(({ sku }) => sku === line.sku);
  const step = product ? 10n ** BigInt(6 - product.unitDecimals) : 1n;
  if (product && quantityMicro % step !== 0n) {
    const detail = `${line.quantity} of ${line.sku}: its ${product.unit} has ${product.unitDecimals} decimals`;
    throw new DomainError('invalid_field', detail, `${at}/quantity`);
  }
  return {
    sku: line.sku,
    quantityMicro,
    discountBps: line.discountBps,
    unitPriceMicro:
      line.unitPrice === undefined ? undefined : parseMicro(line.unitPrice, { pointer: `${at}/unitPrice` }),
  };
}

function termsOf(draft: Draft, known: DraftingJson, { invoicing }: Rules): NamedTerms {
  const id = draft.terms ?? known.account?.termsId ?? invoicing.defaultTermsId;
  const terms = invoicing.terms.find((candidate) => candidate.id === id);
  if (!terms) {
    const known = invoicing.terms.map((candidate) => candidate.id).join(', ');
    throw new DomainError('invalid_field', `no payment terms ${id}; there are ${known}`, '/terms');
  }
  return terms;
}

function needed(
  known: DraftingJson,
  rules: Rules,
  priced: PricedQuote,
  terms: NamedTerms,
  actorId: string,
  today: string,
): NeededApproval[] {
  const products = new Map(known.products.map((product) => [product.sku, product]));
  const facts = quoteFacts(
    {
      currency: priced.currency,
      netMinor: priced.netMinor,
      discountBps: priced.discountBps,
      terms,
      lines: priced.lines.map((line) => ({
        discountBps: line.discountBps,
        family: line.family,
        costMinor: costOf(products.get(line.sku)?.cost ?? null, line.quantityMicro, priced.currency),
      })),
    },
    rules.invoicing,
    rules.commission,
    { rep: known.lead?.ownerId ?? actorId, sdr: known.lead?.firstContactBy ?? null },
  );
  return approvalsNeeded(facts, rules.approval, actorId, peopleFrom(known.people), today);
}

function newAccount({ contact, lead }: DraftingJson, fallbackCountry: string) {
  const legalName = contact?.company ?? contact?.name ?? null;
  if (legalName === null) {
    const detail = 'the lead names neither a company nor a person; say which account buys';
    throw new DomainError('invalid_field', detail, '/accountId');
  }
  const country = contact?.country ?? lead?.country ?? fallbackCountry;
  return { id: newId('account'), legalName, country, vatId: null };
}

function accountRow(account: { id: string; legalName: string; country: string }, { contact }: DraftingJson) {
  return {
    id: account.id,
    legal_name: account.legalName,
    country: account.country,
    language: contact?.language ?? 'en',
    bill_to: {},
    email: contact?.email ?? null,
    email_domain: contact?.domain ?? null,
    payer_aliases: [],
    revision: 1,
  };
}
