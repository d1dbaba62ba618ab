// Everything drafting needs in one statement: the lead and its customer, the price book in force, the products
// asked for, the rules' versions, and the people an approval could reach.
import type { PaymentTerms } from '../domain/invoices/terms.js';
import type { PolicyKind } from '../domain/policies/types.js';
import { PEOPLE, type PersonJson } from './leads.js';

export interface DraftingJson {
  readonly lead: {
    stage: string;
    ownerId: string | null;
    firstContactBy: string | null;
    country: string | null;
  } | null;
  readonly actor: { roles: string[] };
  readonly contact: {
    id: string;
    /** The account this person's leads were drafted on last. */
    accountId: string | null;
    name: string | null;
    company: string | null;
    email: string | null;
    domain: string | null;
    country: string | null;
    language: 'en' | 'es';
  } | null;
  readonly account: {
    id: string;
    legalName: string;
    country: string;
    vatId: string | null;
    /** Agreed with this customer. */
    terms: PaymentTerms | null;
  } | null;
  readonly entity: { id: string; zone: string; country: string; usesOss: boolean } | null;
  readonly clock: { anchorMs: number; realAnchorMs: number; secondsPerDay: number };
  readonly versions: Partial<Record<PolicyKind, number>>;
  readonly quoteCurrency: string | null;
  readonly newest: number;
  readonly audit: { seq: string; hash: string } | null;
  readonly currency: string;
  /** Whether any price book of the currency is in force today. */
  readonly hasBook: boolean;
  readonly products: {
    id: string;
    sku: string;
    name: string;
    family: string;
    unit: string;
    unitDecimals: number;
    taxClass: string;
    supply: string;
    discountable: boolean;
    chargedOn: string;
    cost: string | null;
    /** From the newest book in force that has the product: a newer one without it hides nothing. */
    unitPrice: string | null;
    book: { id: string; revision: number } | null;
  }[];
  readonly people: PersonJson[];
}

/** $1 lead, $2 quote or null, $3 actor, $4 account or null, $5 SKUs, $6 currency or null, $7 real instant (epoch ms). */
export const DRAFTING = `with the_lead as (select * from leads where id = $1),
  the_contact as (select * from contacts where id = (select contact_id from the_lead)),
  the_quote as (select * from quotes where id = $2),
  the_account as (select * from accounts where id = coalesce((select account_id from the_quote), $4,
    (select account_id from the_lead),
    (select account_id from quotes where lead_id = $1 order by created_at desc, id desc limit 1),
    (select account_id from the_contact))),
  the_entity as (select * from legal_entities order by created_at, id limit 1),
  clock as (select * from clock_segments order by id desc limit 1),
  today as (select ((anchor_at + (to_timestamp($7::float8 / 1000) - real_anchor_at) * (86400.0 / seconds_per_day))
    at time zone coalesce((select zone from the_entity), 'UTC'))::date as on from clock),
  the_currency as (select coalesce((select currency from the_quote), $6,
    (select body ->> 'defaultCurrency' from policies where kind = 'quoting' order by version desc limit 1)) as code),
  books as (select b.*, row_number() over (order by b.segment nulls last, b.valid_from desc, b.id desc) as rank
    from price_books b, today where b.currency = (select code from the_currency)
    and b.valid_from <= today.on and (b.valid_until is null or b.valid_until >= today.on)
    and (b.segment is null or b.segment = (select segment from the_account)))
select jsonb_build_object(
  'lead', (select jsonb_build_object('stage', stage, 'ownerId', owner_id, 'firstContactBy', first_contact_by,
    'country', country) from the_lead),
  'actor', jsonb_build_object('roles', (select coalesce(jsonb_agg(role), '[]') from person_roles
    where person_id = $3 and (granted_by is null or granted_on < current_date))),
  'contact', (select jsonb_build_object('id', c.id, 'accountId', c.account_id, 'name', c.name,
    'company', c.company, 'email', c.email,
    'domain', c.domain_key, 'country', c.country, 'language', c.language)
    from the_contact c),
  'account', (select jsonb_build_object('id', id, 'legalName', legal_name, 'country', country, 'vatId', vat_id,
    'terms', terms) from the_account),
  'entity', (select jsonb_build_object('id', id, 'zone', zone, 'country', country,
    'usesOss', uses_oss) from the_entity),
  'clock', (select jsonb_build_object('anchorMs', floor(extract(epoch from anchor_at) * 1000),
    'realAnchorMs', floor(extract(epoch from real_anchor_at) * 1000), 'secondsPerDay', seconds_per_day) from clock),
  'versions', (select coalesce(jsonb_object_agg(kind, version), '{}') from
    (select kind, max(version) as version from policies group by kind) p),
  'quoteCurrency', (select currency from the_quote),
  'newest', (select coalesce(max(revision), 0) from quote_revisions where quote_id = $2),
  'audit', (select jsonb_build_object('seq', seq::text, 'hash', encode(hash, 'hex')) from audit_heads where subject = $2),
  'currency', (select code from the_currency),
  'hasBook', exists (select from books),
  'products', (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'sku', p.sku,
    'name', coalesce(p.name ->> coalesce((select language from the_account),
      (select language from the_contact)), p.name ->> 'en', p.sku), 'family', p.family,
    'unit', p.unit, 'unitDecimals', p.unit_decimals, 'taxClass', p.tax_class, 'supply', p.supply,
    'discountable', p.discountable, 'chargedOn', p.charged_on, 'cost', p.cost::text,
    'unitPrice', price.unit_price::text, 'book', price.book)), '[]')
    from products p left join lateral (select e.unit_price,
        jsonb_build_object('id', b.id, 'revision', b.revision) as book
      from books b join price_book_entries e on e.price_book_id = b.id and e.product_id = p.id
      order by b.rank limit 1) price on true
    where p.sku = any($5) and p.active),
  'people', ${PEOPLE}) as known`;
