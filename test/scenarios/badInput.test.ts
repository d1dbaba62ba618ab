import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { met } from '../support/met.js';
import { type Json, openScene, type Scene, type Who } from '../support/product.js';
import { ACCEPTED_BY, delivered, moneyFor, ordered, qualified, submitted } from '../support/sale.js';

interface Door {
  readonly who: Who;
  readonly path: string;
  readonly body: Json;
}

let scene: Scene;
let doors: Readonly<Record<'payment' | 'delivery' | 'quote' | 'lead' | 'person' | 'book' | 'offer', Door>>;

beforeAll(async () => {
  scene = await openScene();
  const order = await ordered(scene, 'ordered', { lines: [{ sku: 'CHAIR-PRO', quantity: '4' }] });
  const invoice = await delivered(scene, order, ['1']);
  const { id } = await qualified(scene, 'being-quoted');
  const offer = await submitted(scene, 'offered');
  const line = { sku: 'DESK-160', quantity: '2', discountBps: 500 };
  const delivery = {
    lines: [{ orderLineId: order.lines[0].id, quantity: '1' }],
    deliveredAt: scene.instant(),
  };
  const contact = { name: 'Eva', email: 'eva@new.example' };
  const person = { name: 'Eva', email: 'eva@oficina-norte.example', capacity: 10 };
  doors = {
    payment: { who: 'elena', path: '/v1/payments', body: moneyFor(scene, invoice) },
    delivery: { who: 'gael', path: `/v1/orders/${order.id}/deliveries`, body: delivery },
    quote: { who: 'carla', path: `/v1/leads/${id}/quotes`, body: { lines: [line], validDays: 20 } },
    lead: { who: 'ana', path: '/v1/leads', body: { source: { channel: 'website' }, contact } },
    person: { who: 'admin', path: '/v1/people', body: person },
    book: {
      who: 'admin',
      path: '/v1/price-books',
      body: { name: 'Other', currency: 'EUR', validFrom: '2026-01-01' },
    },
    offer: {
      who: 'carla',
      path: `/v1/quotes/${offer.quote.id}/acceptance`,
      body: { revision: 1, acceptedBy: ACCEPTED_BY },
    },
  };
});
afterAll(() => scene?.close());

type DoorName = keyof typeof doors;

/** Rows of every table; what only counts requests or clicks is left out. */
async function rowCounts(): Promise<Record<string, string>> {
  const { rows } = await scene.database.owner.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  const counts: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: found } = await scene.database.owner.query<{ n: string }>(
      `select count(*)::text as n from ${name}`,
    );
    counts[name] = found[0]?.n ?? '';
  }
  return counts;
}

const send = (door: Door, sent: { body?: unknown; raw?: string | Buffer }) =>
  scene.call(door.who, door.path, { method: 'POST', ...sent });

/** The body of a door with one field set, by its JSON pointer. */
function withField({ body }: Door, pointer: string, value: unknown): Json {
  const copy = structuredClone(body);
  const names = pointer.split('/').slice(1);
  const last = names.pop() as string;
  let place = copy;
  for (const name of names) place = place[name];
  place[last] = value;
  return copy;
}

const NUMBERS: readonly (readonly [DoorName, string])[] = [
  ['quote', '/lines/0/discountBps'],
  ['quote', '/validDays'],
  ['offer', '/revision'],
  ['person', '/capacity'],
];
const TEXTS: readonly (readonly [DoorName, string])[] = [
  ['lead', '/contact/name'],
  ['payment', '/reference'],
  ['person', '/name'],
  ['offer', '/acceptedBy/name'],
];
const DECIMALS: readonly (readonly [DoorName, string])[] = [
  ['payment', '/amount/amount'],
  ['delivery', '/lines/0/quantity'],
  ['quote', '/lines/0/quantity'],
];

type Case = readonly [what: string, door: DoorName, pointer: string, value: unknown];
const across = (what: string, fields: typeof NUMBERS, value: unknown): Case[] =>
  fields.map(([door, pointer]) => [what, door, pointer, value]);
const CASES: readonly Case[] = [
  ...across('text for a number', NUMBERS, '1e3'),
  ...across('null for a number', NUMBERS, null),
  ...across('true for a number', NUMBERS, true),
  ...across('a number below its limit', NUMBERS, -1),
  ...across('a number above every limit', NUMBERS, 1e15),
  ...across('a number for decimal text', DECIMALS, 100),
  ...across('a negative amount', DECIMALS, '-1.00'),
  ...across('16 digits', DECIMALS, '1234567890123456'),
  ...across('an exponent', DECIMALS, '1e3'),
  ...across('no text at all', DECIMALS, ''),
  ...across('a NUL', TEXTS, 'a\u0000b'),
  ...across('half a character', TEXTS, 'a\ud800b'),
  ...across('blanks for text', TEXTS, '   '),
  ['an unknown currency', 'payment', '/amount/currency', 'XXX'],
  ['an unknown currency', 'quote', '/currency', 'EURO'],
  ['an unknown currency', 'book', '/currency', 'eur'],
  ['a day that does not exist', 'payment', '/paidOn', '2026-02-30'],
  ['a day that does not exist', 'book', '/validFrom', '2026-02-30'],
  ['a day that does not exist', 'quote', '/requestedDeliveryOn', '2026-02-30'],
  ['a day that does not exist', 'delivery', '/deliveredAt', '2026-02-30T10:00:00Z'],
  ['an instant without offset', 'lead', '/occurredAt', '2026-02-03T10:00:00'],
  ['a third decimal of euros', 'payment', '/amount/amount', '1.005'],
];

describe('what cannot be accepted is named and changes nothing', () => {
  test.each(CASES)('%s: %s %s', async (_what, name, pointer, value) => {
    const before = await rowCounts();
    const { status, body } = await send(doors[name], { body: withField(doors[name], pointer, value) });
    expect([status, body.code]).toEqual([400, expect.stringMatching(/^(invalid_field|malformed_body)$/)]);
    const said = JSON.stringify(body.errors ?? body.detail);
    expect(said).toContain(pointer.split('/').at(-1));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['payment', 'delivery', 'quote', 'lead', 'person', 'offer'] as const)(
    'a field nobody knows is refused, not dropped: %s',
    async (name) => {
      const before = await rowCounts();
      const { status, body } = await send(doors[name], { body: { ...doors[name].body, isAdmin: true } });
      expect([status, body.code]).toEqual([400, 'invalid_field']);
      expect(body.errors).toMatchObject([{ pointer: '/isAdmin' }]);
      expect(await rowCounts()).toEqual(before);
    },
  );

  test.each(['payment', 'delivery', 'quote', 'lead'] as const)(
    'what cannot be read at all: %s',
    async (name) => {
      const before = await rowCounts();
      const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
      const big = JSON.stringify({ ...doors[name].body, remittance: 'x'.repeat(2 * 1024 * 1024) });
      const answers = [
        await send(doors[name], { raw: deep }),
        await send(doors[name], { raw: '['.repeat(10_000) }),
        await send(doors[name], { raw: '{"amount":' }),
        await send(doors[name], { raw: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }),
        await send(doors[name], { raw: 'null' }),
        await send(doors[name], { raw: '[]' }),
        await send(doors[name], { raw: '' }),
        await send(doors[name], { raw: big }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400, 400, 413]);
      expect(answers.every(({ body }) => typeof body.code === 'string')).toBe(true);
      expect(await rowCounts()).toEqual(before);
    },
  );

  test('addresses that are none, methods and media types that are not taken', async () => {
    const before = await rowCounts();
    const statuses = await Promise.all(
      [
        ['/v1/leads/lead_', {}],
        ['/v1/leads/%00', {}],
        ['/v1/leads/%ff', {}],
        [`/v1/leads/${'x'.repeat(3_000)}`, {}],
        ['/v1/leads?limit=1e3', {}],
        ['/v1/leads?limit=0', {}],
        ['/v1/leads?cursor=abc', {}],
        ['/v1/leads?nobody=knows', {}],
        ['/v1/leads?q=%00%00', {}],
        ['/v1/leads/lead_01kaz4v8tqfv2r0c0q6c2nq4jd', {}],
        ['/v1/nothing', {}],
        ['/v1/payments', { method: 'DELETE' }],
      ].map(async ([path, options]) => (await scene.call('carla', path as string, options as object)).status),
    );
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 400, 400, 400, 404, 404, 405]);
    expect(await rowCounts()).toEqual(before);
  });

  test('a business that cannot be done is refused with its own code', async () => {
    const before = await rowCounts();
    const { quote, book, payment } = doors;
    const drafted = (lines: Json[], more: object = {}) => ({ lines, ...more });
    const refused = (body: unknown) => scene.refused(quote.who, quote.path, body);
    expect(await refused(drafted([{ sku: 'NOTHING', quantity: '1' }]))).toBe('422 unknown_sku');
    expect(await refused(drafted([{ sku: 'FREIGHT', quantity: '1', discountBps: 100 }]))).toBe(
      '422 not_discountable',
    );
    expect(await refused(drafted([{ sku: 'DESK-160', quantity: '1', discountBps: 4_001 }]))).toBe(
      '422 limit_exceeded',
    );
    expect(await refused(drafted([{ sku: 'DESK-160', quantity: '1' }], { currency: 'GBP' }))).toMatch(
      /^4\d\d /,
    );
    expect(await refused(drafted([{ sku: 'DESK-160', quantity: '0' }]))).toMatch(/^400 invalid_field$/);
    expect(await scene.refused(payment.who, payment.path, { ...payment.body, paidOn: scene.day(2) })).toBe(
      '400 invalid_field',
    );
    expect(await scene.refused('ana', book.path, book.body)).toBe('403 forbidden');
    expect(await rowCounts()).toEqual(before);
  });

  test('what has no price, no tax rate or too long a header is refused with its own code', async () => {
    const { quote } = doors;
    const product = {
      sku: 'UNPRICED',
      name: { en: 'Not in any book' },
      family: 'furniture',
      supply: 'goods',
      taxClass: 'standard',
      unit: 'piece',
    };
    await scene.post('admin', '/v1/products', product);
    const untaxed = { ...product, sku: 'UNTAXED', taxClass: 'reduced' };
    await scene.post('admin', '/v1/products', untaxed);
    const { items } = await scene.get('admin', '/v1/price-books');
    const { id, revision } = items.find(({ currency }: Json) => currency === 'EUR');
    const { items: entries } = await scene.get('admin', `/v1/price-books/${id}/entries?limit=100`);
    const priced = entries.map(({ sku, unitPrice }: Json) => ({ sku, unitPrice }));
    const put = await scene.call('admin', `/v1/price-books/${id}/entries`, {
      method: 'PUT',
      body: { entries: [...priced, { sku: 'UNTAXED', unitPrice: '10.00' }] },
      ifMatch: revision,
    });
    expect(put.status).toBe(200);
    const before = await rowCounts();
    const refused = (sku: string) =>
      scene.refused(quote.who, quote.path, { lines: [{ sku, quantity: '1' }] });
    expect(await refused('UNPRICED')).toBe('422 no_price');
    expect(await refused('UNTAXED')).toBe('422 tax_undetermined');
    const long = await fetch(`${scene.url}/v1/leads`, { headers: { 'x-long': 'x'.repeat(64 * 1024) } });
    const tooLong = (await long.json()) as Json;
    met(long.status, tooLong);
    expect([long.status, tooLong.code]).toEqual([431, 'headers_too_large']);
    expect(await rowCounts()).toEqual(before);
  });

  test('and the books are clean after all of it', () => scene.mustBeClean());
});
