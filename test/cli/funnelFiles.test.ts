import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_SKU, discountFor, FUNNEL_PRODUCTS, productFor } from '../../cli/funnel/catalogue.js';
import { readFunnel } from '../../cli/funnel/files.js';
import { type ChannelRow, differences } from '../../cli/funnel/report.js';
import { SAMPLE_SEED } from '../../cli/sample/chance.js';
import { funnelSample } from '../../cli/sample/funnelSample.js';
import type { LeadMapping } from '../../contracts/imports.js';
import { LEAD_MAPPINGS } from '../../contracts/leadMappings.js';

const folder = mkdtempSync(join(tmpdir(), 'l2c-funnel-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function files(leads: string, deals: string): [string, string] {
  const paths: [string, string] = [join(folder, 'leads.csv'), join(folder, 'deals.csv')];
  writeFileSync(paths[0], leads);
  writeFileSync(paths[1], deals);
  return paths;
}
const LEADS = 'mql_id,first_contact_date,landing_page_id,origin\n';
const DEALS = 'mql_id,seller_id,sdr_id,sr_id,won_date,business_segment,lead_type\n';

describe('the files of a funnel', () => {
  test('join by the lead, line by line as they were', async () => {
    const [leads, deals] = files(
      `${LEADS}a,2018-01-01,p,social\n\nb,2018-01-02,"p,\nq",\nc,2018-01-03\nd,2018-01-04,p,unknown\n`,
      `${DEALS}d,s1,x,y,2018-01-02 10:00:00,pet,offline\na,s2,y,y,2018-02-01 10:00:00,,\nz,s3,v,w,2018-02-01 10:00:00,pet,offline\n`,
    );
    const funnel = await readFunnel(leads, deals);
    let csv = '';
    for await (const piece of funnel.csv()) csv += piece;
    expect(csv).toBe(
      'mql_id,first_contact_date,landing_page_id,origin,won_date\n' +
        'a,2018-01-01,p,social,2018-02-01 10:00:00\n\nb,2018-01-02,"p,\nq",,\n\nd,2018-01-04,p,unknown,2018-01-02 10:00:00\n',
    );
    expect(funnel.deals.map(({ leadId }) => leadId)).toEqual(['a', 'd']);
    expect([...funnel.origins]).toEqual([
      ['a', 'social'],
      ['b', ''],
      ['d', 'unknown'],
    ]);
    expect(funnel.people).toEqual({ sales: ['y', 'w'], firstContact: ['x', 'y', 'v'] });
    expect(funnel.oddities.map((text) => text.replaceAll(`${folder}/`, ''))).toEqual([
      'leads.csv:6: the row has 2 fields, the header 4',
      'deals.csv:2: d was won on 2018-01-02, before its first contact on 2018-01-04',
      'deals.csv:3: first contact and sale of a are one person’s',
      'deals.csv:4: z is no lead of the other file',
    ]);
  });

  test('a limit takes the first leads and the deals among them, and everybody who works', async () => {
    const { leads, deals } = funnelSample({ leads: 90, seed: 1 });
    const paths = files(leads, deals);
    const [whole, few] = [await readFunnel(...paths), await readFunnel(...paths, 20)];
    expect([...few.origins.keys()]).toEqual([...whole.origins.keys()].slice(0, 20));
    expect(few.deals).toEqual(whole.deals.filter(({ leadId }) => few.origins.has(leadId)));
    expect(few.people).toEqual(whole.people);
  });

  test.each([
    ['a file that is not there', 'nowhere.csv', /nowhere\.csv: ENOENT/],
    ['a column that is missing', 'short.csv', /short\.csv has no column landing_page_id, origin/],
    ['an empty file', 'empty.csv', /empty\.csv is empty/],
  ])('%s is told by its name', async (_name, name, message) => {
    writeFileSync(join(folder, 'short.csv'), 'mql_id,first_contact_date\n');
    writeFileSync(join(folder, 'empty.csv'), '');
    await expect(readFunnel(join(folder, name), join(folder, name))).rejects.toThrow(message);
  });
});

describe('the sample of a funnel', () => {
  test('is made by its seed alone, and the files that are shipped are that', () => {
    const sample = funnelSample({ leads: 60, seed: SAMPLE_SEED });
    expect(sample).toEqual(funnelSample({ leads: 60, seed: SAMPLE_SEED }));
    expect(readFileSync('samples/leads.csv', 'utf8')).toBe(sample.leads);
    expect(readFileSync('samples/deals.csv', 'utf8')).toBe(sample.deals);
  });

  test('has blank origins, the word unknown, and a deal won before its first contact', async () => {
    const { leads, deals } = funnelSample({ leads: 2_000, seed: 7 });
    const funnel = await readFunnel(...files(leads, deals));
    const origins = [...funnel.origins.values()];
    expect(origins.filter((origin) => origin === '').length).toBeGreaterThan(0);
    expect(origins.filter((origin) => origin === 'unknown').length).toBeGreaterThan(0);
    expect(funnel.oddities.some((text) => text.includes('before its first contact'))).toBe(true);
    expect(funnel.deals.some(({ segment }) => segment === '')).toBe(true);
  });
});

test.each([
  ['pet', 'SHOP-PET'],
  [' Home Decor', 'SHOP-HOME-DECOR'],
  ['', DEFAULT_SKU],
  ['submarines', DEFAULT_SKU],
])('a deal in %j buys %s', (segment, sku) => {
  expect(productFor(segment)).toBe(sku);
  expect(FUNNEL_PRODUCTS.map((product) => product.sku)).toContain(sku);
});

test.each([
  ['online top', 1_800],
  ['industry', 800],
  ['online small', 0],
  ['', 0],
])('a lead of type %j gets %i basis points off', (type, bps) => {
  expect(discountFor(type)).toBe(bps);
});

describe('the comparison with the files', () => {
  const row = (
    origin: string,
    channel: string,
    leads: number,
    won: number,
    wonInFiles: number,
  ): ChannelRow => ({
    origin,
    channel,
    leads,
    won,
    wonInFiles,
    revenueMinor: 0n,
    cashMinor: 0n,
    commissionMinor: 0n,
    medianDays: null,
  });
  const funnel = {
    origins: new Map([
      ['a', 'social'],
      ['b', ''],
      ['c', 'unknown'],
    ]),
    deals: [],
    people: { sales: [], firstContact: [] },
    oddities: [],
    csv: async function* () {},
  };
  const mapping = LEAD_MAPPINGS.olist as LeadMapping;
  const same = [
    row('social', 'social', 1, 1, 1),
    row('', 'unknown', 1, 0, 0),
    row('unknown', 'unknown', 1, 0, 0),
  ];
  test.each([
    ['nothing where all is equal', same, []],
    [
      'a win too few',
      [row('social', 'social', 1, 0, 1), ...same.slice(1)],
      ['0 won of origin social, 1 in the files'],
    ],
    [
      'a lead too many',
      [row('social', 'social', 2, 1, 1), ...same.slice(1)],
      ['2 leads of origin social, 1 in the file'],
    ],
    [
      'a wrong channel',
      [row('social', 'email', 1, 1, 1), ...same.slice(1)],
      ['leads of origin social have channel email'],
    ],
    [
      'blank taken for unknown',
      [same[0] as ChannelRow, row('unknown', 'unknown', 2, 0, 0)],
      ['2 leads of origin unknown, 1 in the file', 'no lead of origin "", 1 in the file'],
    ],
  ])('tells %s', (_name, rows, expected) => {
    expect(differences(rows, funnel, mapping)).toEqual(expected);
  });
});
