// Two files of the shape a funnel takes, made from a seed: the same columns, shares and dirt as a real
// marketplace's, and nobody's data. `samples/` holds the small ones the README shows.
import { createHash } from 'node:crypto';
import { type Chance, chanceOf } from './chance.js';

export interface FunnelSample {
  readonly leads: string;
  readonly deals: string;
}

/** How many leads of ten thousand have each origin; the empty one is not the word `unknown`. */
const ORIGINS: readonly (readonly [origin: string, share: number])[] = [
  ['organic search', 2_870],
  ['paid search', 1_982],
  ['social', 1_688],
  ['unknown', 1_374],
  ['direct traffic', 624],
  ['email', 616],
  ['referral', 355],
  ['other', 188],
  ['display', 147],
  ['other publicities', 81],
  ['', 75],
];
const SEGMENTS: readonly (readonly [segment: string, share: number])[] = [
  ['home decor', 2_000],
  ['health beauty', 1_700],
  ['car accessories', 1_500],
  ['household utilities', 1_300],
  ['audio video electronics', 1_200],
  ['computers', 800],
  ['pet', 700],
  ['watches', 400],
  ['books', 380],
  ['', 20],
];
const LEAD_TYPES: readonly (readonly [type: string, share: number])[] = [
  ['online medium', 4_000],
  ['online big', 1_600],
  ['industry', 1_500],
  ['offline', 1_300],
  ['online small', 900],
  ['online beginner', 500],
  ['online top', 150],
  ['', 50],
];
const LEAD_HEADER = 'mql_id,first_contact_date,landing_page_id,origin';
const DEAL_HEADER =
  'mql_id,seller_id,sdr_id,sr_id,won_date,business_segment,lead_type,lead_behaviour_profile,has_company,has_gtin,' +
  'average_stock,business_type,declared_product_catalog_size,declared_monthly_revenue';
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2017, 5, 1);
const DAYS = 365;
const SELLERS = 22;
const CALLERS = 32;
/** People who make first contact and sell. */
const BOTH = 13;

/** Makes both files; the same seed gives the same bytes. One lead of about nine is won, at least one. */
export function funnelSample({
  leads,
  seed,
}: {
  readonly leads: number;
  readonly seed: number;
}): FunnelSample {
  const chance = chanceOf(seed).fork('funnel');
  const id = (what: string, n: number): string =>
    createHash('sha256').update(`${seed}/${what}/${n}`).digest('hex').slice(0, 32);
  const leadLines = [LEAD_HEADER];
  const dealLines = [DEAL_HEADER];
  const firstWon = chance.whole(0, Math.min(8, leads - 1));
  for (let i = 0; i < leads; i++) {
    const contacted = FIRST_DAY + chance.whole(0, DAYS - 1) * DAY_MS;
    const page = id('page', chance.whole(0, Math.max(1, Math.floor(leads / 16))));
    leadLines.push([id('lead', i), dayOf(contacted), page, drawn(chance, ORIGINS)].join(','));
    if (i % 9 !== firstWon) continue;
    // One deal in a few hundred was won before its first contact, as its file has it.
    const after = dealLines.length === 4 ? -2 : chance.whole(0, 120);
    const won = new Date(contacted + after * DAY_MS + chance.whole(28_800, 72_000) * 1_000);
    const sale = chance.whole(0, SELLERS - 1);
    const first = chance.whole(0, CALLERS - 1);
    const sr = id('person', sale);
    const sdr = id('person', first < BOTH ? first : first + SELLERS);
    dealLines.push(
      [
        id('lead', i),
        id('seller', i),
        sdr,
        sr,
        won.toISOString().slice(0, 19).replace('T', ' '),
        drawn(chance, SEGMENTS),
        drawn(chance, LEAD_TYPES),
        chance.pick(['cat', 'eagle', 'wolf', 'shark', '']),
        '',
        '',
        '',
        chance.pick(['reseller', 'manufacturer']),
        '',
        chance.whole(1, 20) === 1 ? `${chance.whole(1, 60) * 1_000}.0` : '0.0',
      ].join(','),
    );
  }
  return { leads: `${leadLines.join('\n')}\n`, deals: `${dealLines.join('\n')}\n` };
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function drawn(chance: Chance, shares: readonly (readonly [word: string, share: number])[]): string {
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  let at = chance.whole(0, all - 1);
  for (const [word, share] of shares) {
    if (at < share) return word;
    at -= share;
  }
  return '';
}
