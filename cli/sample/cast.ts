// The forty leads of the play, made up from the seed: who they are, when they come, and how their story goes.

import { PRODUCTS } from './catalogue.js';
import { type Chance, chanceOf } from './chance.js';

/** How a lead's story goes. Those that `wait…` are still at that stage when the play ends. */
export const STORIES = [
  'won',
  'wonInParts',
  'wonAfterBounce',
  'wonAfterRejection',
  'wonAfterNurture',
  'declined',
  'expired',
  'disqualified',
  'withdrawn',
  'cancelled',
  'cancelledPaid',
  'writtenOff',
  'waitsNew',
  'waitsNurturing',
  'waitsQualified',
  'waitsQuoting',
  'waitsApproval',
  'waitsOffered',
  'waitsOrdered',
  'waitsDelivering',
  'waitsCollecting',
  'waitsCommission',
] as const;
export type Story = (typeof STORIES)[number];

export interface CastLine {
  readonly sku: string;
  readonly quantity: string;
}

export interface CastLead {
  readonly number: number;
  readonly story: Story;
  /** Business days after the play began, with fractions. */
  readonly day: number;
  readonly company: string;
  readonly person: string;
  readonly email: string;
  readonly country: string;
  readonly language: 'en' | 'es';
  readonly channel: string;
  readonly currency: 'EUR' | 'USD';
  readonly interest: string;
  readonly lines: readonly CastLine[];
  readonly discountBps: number;
}

// How many of each, the first day and the last day they may begin, so that each story fits into the quarter.
const SCENES: readonly (readonly [story: Story, count: number, from: number, to: number])[] = [
  ['won', 9, 0, 58],
  ['wonInParts', 4, 0, 40],
  ['wonAfterBounce', 1, 4, 8],
  ['wonAfterRejection', 1, 10, 30],
  ['wonAfterNurture', 1, 2, 8],
  ['declined', 3, 5, 65],
  ['expired', 2, 5, 50],
  ['disqualified', 3, 0, 80],
  ['withdrawn', 1, 20, 60],
  ['cancelled', 1, 15, 50],
  ['cancelledPaid', 1, 10, 40],
  ['writtenOff', 2, 1, 10],
  ['waitsNew', 2, 89.2, 89.4],
  ['waitsNurturing', 1, 83, 85],
  ['waitsQualified', 1, 87.5, 88],
  ['waitsQuoting', 1, 85.5, 86],
  ['waitsApproval', 1, 87.2, 87.4],
  ['waitsOffered', 1, 80, 83],
  ['waitsOrdered', 1, 79, 81],
  ['waitsDelivering', 1, 76, 78],
  ['waitsCollecting', 1, 68, 71],
  ['waitsCommission', 1, 61, 61],
];

const FIRST = ['Talleres', 'Clínica', 'Estudio', 'Bodegas', 'Logística', 'Grupo', 'Editorial', 'Laboratorio'];
const SECOND = [
  'Ribera',
  'del Puerto',
  'Cantabria',
  'Las Encinas',
  'Monteverde',
  'Azimut',
  'Peñalara',
  'Levante',
];
const NORTH = ['Harbour', 'Brightwell', 'Nordlys', 'Kessler', 'Marlow', 'Atelier', 'Van Dijk', 'Silvermere'];
const TRADE = ['Consulting', 'Architects', 'Logistics', 'Design', 'Partners', 'Foods', 'Robotics', 'Health'];
const GIVEN = [
  'Lucía',
  'Marcos',
  'Nerea',
  'Iván',
  'Clara',
  'Jon',
  'Sofía',
  'Oliver',
  'Emma',
  'Tomás',
  'Ines',
  'Paul',
];
const FAMILY = [
  'Vidal',
  'Ortega',
  'Keller',
  'Santos',
  'Moreau',
  'Novak',
  'Iriarte',
  'Byrne',
  'Cano',
  'Weiss',
];
const CHANNELS = [
  'website',
  'website',
  'advertising',
  'referral',
  'email',
  'event',
  'partner',
  'social',
] as const;

/** The cast in the order in which it comes. The same seed, the same cast. */
export function castOf(seed: number): CastLead[] {
  const chance = chanceOf(seed).fork('cast');
  const leads: Omit<CastLead, 'number'>[] = [];
  const names = new Set<string>();
  for (const [story, count, from, to] of SCENES) {
    for (let n = 0; n < count; n += 1) {
      const share = count === 1 ? 0 : n / (count - 1);
      const day = Math.round((from + (to - from) * share) * 10) / 10 + chance.whole(0, 8) / 100;
      leads.push({
        story,
        day,
        ...customer(chance, names, story === 'won' && n % 4 === 1),
        ...demand(chance, story),
      });
    }
  }
  return leads.sort((a, b) => a.day - b.day).map((lead, index) => ({ number: index + 1, ...lead }));
}

function customer(chance: Chance, names: Set<string>, isAbroad: boolean) {
  let company: string;
  do {
    company = isAbroad
      ? `${chance.pick(NORTH)} ${chance.pick(TRADE)}`
      : `${chance.pick(FIRST)} ${chance.pick(SECOND)}`;
  } while (names.has(company));
  names.add(company);
  const [given, family] = [chance.pick(GIVEN), chance.pick(FAMILY)];
  return {
    company,
    person: `${given} ${family}`,
    email: `${plain(given)}.${plain(family)}@${plain(company).replaceAll(' ', '-')}.example`,
    country: isAbroad ? 'US' : 'ES',
    language: isAbroad ? ('en' as const) : ('es' as const),
    currency: isAbroad ? ('USD' as const) : ('EUR' as const),
    channel: chance.pick(CHANNELS),
  };
}

function demand(chance: Chance, story: Story) {
  const things = PRODUCTS.filter(({ supply }) => supply === 'goods');
  const skus = new Set(Array.from({ length: chance.whole(1, 3) }, () => chance.pick(things).sku));
  const lines = [...skus].map((sku) => ({
    sku,
    quantity: String(sku === 'BOOTH-1' ? chance.whole(1, 2) : chance.whole(4, 18)),
  }));
  if (chance.whole(1, 3) === 1) lines.push({ sku: 'ROOM-SEAT', quantity: String(chance.whole(10, 40)) });
  if (chance.whole(1, 2) === 1) lines.push({ sku: 'ASSEMBLY', quantity: `${chance.whole(4, 20)}.50` });
  lines.push({ sku: 'FREIGHT', quantity: '1' });
  const needsApproval = ['waitsApproval', 'waitsQuoting', 'wonAfterRejection'].includes(story);
  return {
    interest: `${lines[0]?.quantity} × ${lines[0]?.sku}`,
    lines,
    discountBps: needsApproval ? 1_800 : chance.pick([0, 0, 500, 800, 1_200, 1_500]),
  };
}

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase();
