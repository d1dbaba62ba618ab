// What the sample company sells: office furniture, the technology on the desks, and the work around both.
import { type Chance, chanceOf } from './chance.js';

export interface SampleProduct {
  readonly sku: string;
  readonly name: { readonly en: string; readonly es: string };
  readonly family: string;
  readonly supply: 'goods' | 'services';
  readonly taxClass: string;
  readonly unit: string;
  readonly unitDecimals?: number;
  readonly discountable?: boolean;
  readonly chargedOn?: 'each_delivery' | 'first_delivery';
  readonly leadDays: number;
  /** Whole euros around which the seed draws the price. */
  readonly about: number;
}

const goods = { supply: 'goods', taxClass: 'standard', unit: 'piece', leadDays: 5 } as const;
const service = { supply: 'services', taxClass: 'standard', leadDays: 2 } as const;

export const PRODUCTS: readonly SampleProduct[] = [
  {
    sku: 'DESK-160',
    name: { en: 'Desk 160 cm', es: 'Mesa 160 cm' },
    family: 'furniture',
    ...goods,
    about: 320,
  },
  {
    sku: 'DESK-LIFT',
    name: { en: 'Height-adjustable desk', es: 'Mesa regulable en altura' },
    family: 'furniture',
    ...goods,
    about: 640,
  },
  {
    sku: 'CHAIR-PRO',
    name: { en: 'Task chair', es: 'Silla de trabajo' },
    family: 'furniture',
    ...goods,
    about: 280,
  },
  {
    sku: 'CABINET-3',
    name: { en: 'Cabinet, three drawers', es: 'Cajonera de tres cajones' },
    family: 'furniture',
    ...goods,
    about: 190,
  },
  {
    sku: 'SCREEN-27',
    name: { en: 'Screen 27 inch', es: 'Pantalla de 27 pulgadas' },
    family: 'technology',
    ...goods,
    about: 260,
  },
  {
    sku: 'DOCK-C',
    name: { en: 'Docking station', es: 'Base de conexión' },
    family: 'technology',
    ...goods,
    about: 150,
  },
  {
    sku: 'BOOTH-1',
    name: { en: 'Acoustic booth', es: 'Cabina acústica' },
    family: 'technology',
    ...goods,
    about: 4_200,
    leadDays: 12,
  },
  {
    sku: 'ROOM-SEAT',
    name: { en: 'Room booking, seat and year', es: 'Reserva de salas, puesto y año' },
    family: 'software',
    ...service,
    unit: 'seat',
    about: 48,
  },
  {
    sku: 'SPACE-PLAN',
    name: { en: 'Space analytics, year', es: 'Analítica de espacios, año' },
    family: 'software',
    ...service,
    unit: 'licence',
    about: 1_900,
  },
  {
    sku: 'ASSEMBLY',
    name: { en: 'Assembly on site', es: 'Montaje en destino' },
    family: 'services',
    ...service,
    unit: 'hour',
    unitDecimals: 2,
    about: 52,
  },
  {
    sku: 'SETUP',
    name: { en: 'Set-up and training', es: 'Puesta en marcha y formación' },
    family: 'services',
    ...service,
    unit: 'flat rate',
    chargedOn: 'first_delivery',
    about: 450,
  },
  {
    sku: 'FREIGHT',
    name: { en: 'Freight', es: 'Portes' },
    family: 'services',
    ...service,
    unit: 'flat rate',
    discountable: false,
    chargedOn: 'first_delivery',
    about: 95,
  },
];

/** List prices in euros and dollars, drawn around the middle of each product: `{ sku, unitPrice }`. */
export function pricesIn(currency: 'EUR' | 'USD', seed: number): { sku: string; unitPrice: string }[] {
  return PRODUCTS.map(({ sku, about }) => {
    const chance: Chance = chanceOf(seed).fork(`price ${sku}`);
    const cents = about * 100 + chance.whole(-about, about) * 5;
    const inCurrency = currency === 'EUR' ? cents : Math.round((cents * 108) / 100);
    return { sku, unitPrice: decimal(inCurrency) };
  });
}

/** What a unit costs us: between a third and six tenths of its price in euros. */
export function costOf(sku: string, seed: number): string {
  const price = pricesIn('EUR', seed).find((entry) => entry.sku === sku)?.unitPrice ?? '0';
  const share = chanceOf(seed).fork(`cost ${sku}`).whole(33, 60);
  return decimal(Math.round((Math.round(Number(price) * 100) * share) / 100));
}

const decimal = (cents: number): string =>
  `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
