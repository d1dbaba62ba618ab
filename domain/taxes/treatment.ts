// Decides how one line is taxed: its EN 16931 category and its rate, from where the seller is, where the
// customer is, whether that customer is a business with a VAT id, and what is sold. Countries and rates are
// policy data. It does not check that a VAT id exists, and it computes no amount.
import { DomainError } from '../errors.js';

/** EN 16931 categories: standard, intra-EU goods, reverse charge, export, outside scope, exempt, zero. */
export const TREATMENTS = ['S', 'K', 'AE', 'G', 'O', 'E', 'Z'] as const;
export type Treatment = (typeof TREATMENTS)[number];

export const SUPPLIES = ['goods', 'services'] as const;
export type Supply = (typeof SUPPLIES)[number];

export const TAX_REASONS = [
  'domestic',
  'destination_oss',
  'origin_consumer',
  'intra_eu_goods',
  'reverse_charge',
  'export',
  'services_abroad',
  'no_vat_country',
  'outside_scope_class',
] as const;
export type TaxReason = (typeof TAX_REASONS)[number];

/** One rate of one country for one tax class, from a day on until a later row replaces it. */
export interface TaxRate {
  readonly country: string;
  readonly taxClass: string;
  readonly fromOn: string;
  readonly rateBps: number;
  /** S unless the class is exempt (E) or zero-rated (Z) there; both need `rateBps` 0. */
  readonly treatment?: 'S' | 'E' | 'Z';
  /** Why it is exempt, as printed: a VATEX code or words. */
  readonly exemption?: string;
}

/** The tax rules in force, policy kind `tax`. */
export interface TaxPolicy {
  /** ISO 3166 codes of the member states (GR, not EL). */
  readonly euCountries: readonly string[];
  /** Countries whose sellers charge no VAT at all, such as US. */
  readonly noVatCountries: readonly string[];
  /** Tax classes outside the scope everywhere: fees, interest. */
  readonly outsideScopeClasses: readonly string[];
  readonly rates: readonly TaxRate[];
}

export interface TaxedSale {
  readonly entityCountry: string;
  /** Whether the selling entity declares consumer goods through the EU one-stop shop. */
  readonly entityUsesOss: boolean;
  readonly customerCountry: string;
  readonly customerVatId: string | null;
  readonly taxClass: string;
  readonly supply: Supply;
  /** The tax point that picks the rate: delivery for goods, completion for services. */
  readonly taxPointOn: string;
}

export interface TaxDecision {
  readonly treatment: Treatment;
  readonly rateBps: number;
  readonly reason: TaxReason;
  /** VATEX code or words printed on the document; null where no exemption is claimed. */
  readonly exemption: string | null;
}

/**
 * The treatment and rate of one line (docs/money.md, Tax). DomainError `tax_undetermined` when the policy has
 * no rate for the country and class on that day.
 */
export function treatmentFor(sale: TaxedSale, policy: TaxPolicy, pointer?: string): TaxDecision {
  const inEu = (country: string) => policy.euCountries.includes(country);
  const { entityCountry, customerCountry, supply } = sale;
  if (policy.outsideScopeClasses.includes(sale.taxClass)) return untaxed('O', 'outside_scope_class');
  if (policy.noVatCountries.includes(entityCountry)) return untaxed('O', 'no_vat_country');
  if (customerCountry === entityCountry) return taxedIn(entityCountry, 'domestic', sale, policy, pointer);
  if (!inEu(entityCountry) || !inEu(customerCountry)) {
    return supply === 'goods' ? untaxed('G', 'export') : untaxed('O', 'services_abroad');
  }
  const vatCountry = vatCountryOf(sale.customerVatId);
  if (vatCountry !== null && vatCountry !== entityCountry && inEu(vatCountry)) {
    return supply === 'goods' ? untaxed('K', 'intra_eu_goods') : untaxed('AE', 'reverse_charge');
  }
  return supply === 'goods' && sale.entityUsesOss
    ? taxedIn(customerCountry, 'destination_oss', sale, policy, pointer)
    : taxedIn(entityCountry, 'origin_consumer', sale, policy, pointer);
}

/** The country that issued a VAT id, from its prefix (Greece writes EL); null without a usable prefix. */
export function vatCountryOf(vatId: string | null): string | null {
  const prefix = /^([A-Z]{2})[0-9A-Z+*]{2,13}$/.exec(
    (vatId ?? '').replaceAll(/[ .-]/g, '').toUpperCase(),
  )?.[1];
  if (prefix === undefined) return null;
  return prefix === 'EL' ? 'GR' : prefix;
}

const VATEX = { K: 'VATEX-EU-IC', AE: 'VATEX-EU-AE', G: 'VATEX-EU-G', O: 'VATEX-EU-O' } as const;

function untaxed(treatment: keyof typeof VATEX, reason: TaxReason): TaxDecision {
  return { treatment, rateBps: 0, reason, exemption: VATEX[treatment] };
}

function taxedIn(
  country: string,
  reason: TaxReason,
  sale: TaxedSale,
  policy: TaxPolicy,
  pointer?: string,
): TaxDecision {
  const inForce = policy.rates
    .filter((rate) => rate.country === country && rate.taxClass === sale.taxClass)
    .filter((rate) => rate.fromOn <= sale.taxPointOn)
    .reduce<TaxRate | null>((latest, rate) => (latest && latest.fromOn >= rate.fromOn ? latest : rate), null);
  if (inForce === null) {
    const detail = `no rate for tax class ${sale.taxClass} in ${country} on ${sale.taxPointOn}`;
    throw new DomainError('tax_undetermined', detail, pointer);
  }
  const treatment = inForce.treatment ?? 'S';
  if (treatment !== 'S' && inForce.rateBps !== 0) {
    throw new RangeError(`treatment ${treatment} in ${country} carries ${inForce.rateBps} bps, must be 0`);
  }
  return { treatment, rateBps: inForce.rateBps, reason, exemption: inForce.exemption ?? null };
}
