// What a draft asks for, judged by what is known: who buys, at which terms and prices, and who would be asked.
import type { DraftingJson } from '../../db/drafting.js';
import { newId } from '../../db/ids.js';
import { approvalsNeeded } from '../../domain/approvals/approvalsNeeded.js';
import type { NeededApproval } from '../../domain/approvals/types.js';
import { DomainError } from '../../domain/errors.js';
import { languageOf } from '../../domain/leads/language.js';
import { parseMicro } from '../../domain/money/amounts.js';
import type { NamedTerms, PolicyByKind, PolicyKind } from '../../domain/policies/types.js';
import {
  type CatalogueItem,
  type PricedQuote,
  priceQuote,
  type QuoteLineRequest,
} from '../../domain/quotes/price.js';
import { peopleFrom } from '../people.js';
import { quoteFacts } from '../quoteRecord.js';
import { costOf } from '../quotes.js';

export interface Draft {
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: string;
    readonly discountBps?: number;
    readonly unitPrice?: string;
  }[];
  readonly accountId?: string;
  /** Of a customer without an account, where their contact says none. */
  readonly country?: string;
  readonly currency?: string;
  readonly discountBps?: number;
  /** Id of one of the payment terms of the invoicing policy. */
  readonly terms?: string;
  readonly validDays?: number;
  readonly requestedDeliveryOn?: string;
}

export const KINDS = [
  'quoting',
  'tax',
  'invoicing',
  'approval',
  'commission',
] as const satisfies readonly PolicyKind[];
export type Rules = Pick<PolicyByKind, (typeof KINDS)[number]>;

export function price(
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
  const { currency } = known;
  if (!currencies.includes(currency)) {
    throw new DomainError(
      'invalid_field',
      `${currency} is not sold in; one of ${currencies.join(', ')} is`,
      '/currency',
    );
  }
  if (!known.hasBook)
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
      priceSource: product.book === null ? '' : `price_book:${product.book.id}@${product.book.revision}`,
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

/** Name of terms agreed with a customer that the policy has no name for; no name of the policy holds a slash. */
const OF_ACCOUNT = 'account/agreed';

/** The terms the draft names, else those agreed with the customer, else the policy's default. */
export function termsOf(draft: Draft, known: DraftingJson, { invoicing }: Rules): NamedTerms {
  const agreed = known.account?.terms;
  if (draft.terms === undefined && agreed) {
    const { kind, days } = agreed;
    const named = invoicing.terms.filter((terms) => terms.kind === kind && terms.days === days);
    const usual = named.find((terms) => terms.id === invoicing.defaultTermsId);
    return usual ?? named[0] ?? { id: OF_ACCOUNT, kind, days };
  }
  const id = draft.terms ?? invoicing.defaultTermsId;
  const terms = invoicing.terms.find((candidate) => candidate.id === id);
  if (!terms) {
    const known = invoicing.terms.map((candidate) => candidate.id).join(', ');
    throw new DomainError('invalid_field', `no payment terms ${id}; there are ${known}`, '/terms');
  }
  return terms;
}

export function needed(
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
      makerId: actorId,
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

/**
 * The account of a customer who has none yet. Refuses `invalid_field` where nobody says who buys, or in which
 * country: the tax depends on it, and the seller's own would be a guess.
 */
export function newAccount({ contact, lead }: DraftingJson, draft: Draft) {
  const legalName = contact?.company ?? contact?.name ?? null;
  if (legalName === null) {
    const detail = 'the lead names neither a company nor a person; say which account buys';
    throw new DomainError('invalid_field', detail, '/accountId');
  }
  const country = draft.country ?? contact?.country ?? lead?.country ?? null;
  if (country === null) {
    const detail =
      'no country of the customer is known, and the tax depends on it; give country or accountId';
    throw new DomainError('invalid_field', detail, '/country');
  }
  return { id: newId('account'), legalName, country, vatId: null };
}

export function accountRow(
  account: { id: string; legalName: string; country: string },
  { contact }: DraftingJson,
) {
  return {
    id: account.id,
    legal_name: account.legalName,
    country: account.country,
    language: contact?.language ?? languageOf(account.country),
    bill_to: {},
    email: contact?.email ?? null,
    email_domain: contact?.domain ?? null,
    payer_aliases: [],
    revision: 1,
  };
}

export function validDaysOf(draft: Draft, { quoting }: Rules): number {
  const validDays = draft.validDays ?? quoting.defaultValidDays;
  if (validDays > quoting.maxValidDays) {
    const detail = `valid for ${validDays} days, the limit is ${quoting.maxValidDays}`;
    throw new DomainError('limit_exceeded', detail, '/validDays');
  }
  return validDays;
}

export function deliveryOf({ requestedDeliveryOn }: Draft, today: string): string | null {
  if (requestedDeliveryOn !== undefined && requestedDeliveryOn < today) {
    const detail = `${requestedDeliveryOn} lies before today, ${today}`;
    throw new DomainError('invalid_field', detail, '/requestedDeliveryOn');
  }
  return requestedDeliveryOn ?? null;
}
