import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Role } from '../../domain/people/people.js';
import { company } from '../activities/sampleDeal.js';
import { CHARGE } from '../activities/sampleWords.js';
import { startApi, type TestApi } from '../support/api.js';

const QUOTE = 'quote_01kaz4v8tqfv2r0c0q6c2nq4jd';
const INVOICE = 'inv_01kaz4v8tqfv2r0c0q6c2nq4jd';
const QUOTE_PDF = `/v1/quotes/${QUOTE}/revisions/2.pdf`;
const INVOICE_PDF = `/v1/invoices/${INVOICE}.pdf`;
const CHARGE_PDF = `/v1/charge-notes/${CHARGE}.pdf`;

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  const { owner } = api.database;
  await company(owner);
  // The sample's short id is none the API takes.
  await owner.query(`insert into invoices (id, kind, entity_id, series, seq, number, lead_id, order_id, account_id,
      currency, issued_on, issued_at, tax_point_on, due_on, net_minor, tax_minor, gross_minor, pins)
    select '${INVOICE}', kind, entity_id, series, 43, 'INV/000043 "x"', lead_id, order_id, account_id, currency,
      issued_on, issued_at, tax_point_on, due_on, net_minor, tax_minor, gross_minor, pins
    from invoices where id = 'inv_1';
    insert into invoice_lines (id, invoice_id, position, order_line_id, quantity, net_minor, tax_minor, gross_minor,
      tax_treatment, tax_rate_bps) select 'iline_9', '${INVOICE}', position, order_line_id, quantity, net_minor,
      tax_minor, gross_minor, tax_treatment, tax_rate_bps from invoice_lines where id = 'iline_1';
    insert into invoice_taxes select '${INVOICE}', treatment, rate_bps, base_minor, tax_minor
      from invoice_taxes where invoice_id = 'inv_1'`);
});
afterAll(() => api.close());

describe('a document over HTTP', () => {
  test.each([
    [QUOTE_PDF, 'inline; filename="Q-0Q6C2NQ4JD-2.pdf"'],
    [INVOICE_PDF, 'inline; filename="INV-000043--x-.pdf"'],
    [CHARGE_PDF, 'inline; filename="CH-000007.pdf"'],
  ])('%s is a PDF with a plain file name', async (url, disposition) => {
    const answer = await api.call(url);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': disposition,
      'cache-control': 'private, no-cache',
    });
    expect(answer.body.slice(0, 5)).toBe('%PDF-');
  });

  test.each([QUOTE_PDF, INVOICE_PDF, CHARGE_PDF])(
    '%s: a copy that is current is not printed again',
    async (url) => {
      const first = await api.call(url);
      const etag = String(first.headers.etag);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await api.call(url, { headers: { 'if-none-match': known } });
        expect([again.status, again.body, again.headers.etag]).toEqual([304, '', etag]);
      }
      const other = await api.call(url, { headers: { 'if-none-match': '"other"' } });
      expect(other.status).toBe(200);
      expect(other.body).toBe(first.body);
    },
  );

  test.each([QUOTE_PDF, INVOICE_PDF, CHARGE_PDF])(
    '%s: the customer’s language unless another is wanted',
    async (url) => {
      const [own, english, spanish] = await Promise.all(
        ['', '?language=en', '?language=es'].map((query) => api.call(url + query)),
      );
      expect(own?.headers.etag).toBe(english?.headers.etag);
      expect(own?.headers.etag).not.toBe(spanish?.headers.etag);
      expect(own?.body).toBe(english?.body);
      await api.database.owner.query(`update accounts set language = 'es'`);
      expect((await api.call(url)).headers.etag).toBe(spanish?.headers.etag);
      await api.database.owner.query(`update accounts set language = 'en'`);
    },
  );

  test('what changes on the document changes its ETag', async () => {
    const before = await api.call(QUOTE_PDF);
    await api.database.owner.query(`update accounts set legal_name = 'Globex AG'`);
    const after = await api.call(QUOTE_PDF, { headers: { 'if-none-match': String(before.headers.etag) } });
    expect(after.status).toBe(200);
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });

  test.each([
    [`/v1/quotes/${QUOTE}/revisions/4.pdf`, 404, 'not_found'],
    [`/v1/quotes/${QUOTE.replace('quote_01', 'quote_02')}/revisions/1.pdf`, 404, 'not_found'],
    [`/v1/invoices/${INVOICE.replace('inv_01', 'inv_02')}.pdf`, 404, 'not_found'],
    [CHARGE_PDF.replace('charge_01', 'charge_02'), 404, 'not_found'],
    ['/v1/charge-notes/charge_1.pdf', 400, 'invalid_field'],
    [`${CHARGE_PDF}?language=de`, 400, 'invalid_field'],
    [`/v1/quotes/${QUOTE}/revisions/0.pdf`, 400, 'invalid_field'],
    [`/v1/quotes/${QUOTE}/revisions/1e1.pdf`, 400, 'invalid_field'],
    [`/v1/quotes/${QUOTE}/revisions/2147483648.pdf`, 400, 'invalid_field'],
    ['/v1/invoices/inv_1.pdf', 400, 'invalid_field'],
    [`${INVOICE_PDF}?language=de`, 400, 'invalid_field'],
    [`${INVOICE_PDF}?lang=es`, 400, 'invalid_field'],
  ])('%s is refused with %i', async (url, status, code) => {
    const answer = await api.call(url);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test.each<[Role, number, number]>([
    ['rep', 200, 200],
    ['manager', 200, 200],
    ['finance', 200, 200],
    ['compensation', 200, 200],
    ['integration', 200, 200],
    ['auditor', 200, 200],
    ['admin', 200, 200],
    ['operations', 200, 200],
    ['marketing', 200, 403],
    ['fulfilment', 403, 403],
    ['payee', 403, 403],
  ])('%s gets %i for a quote and %i for an invoice or charge note', async (role, quote, invoice) => {
    const { token } = await api.person([role]);
    const answers = [];
    for (const url of [QUOTE_PDF, INVOICE_PDF, CHARGE_PDF]) answers.push(await api.call(url, { as: token }));
    expect(answers.map(({ status }) => status)).toEqual([quote, invoice, invoice]);
  });

  test('nobody without a key', async () => {
    expect((await api.call(INVOICE_PDF, { as: null })).status).toBe(401);
  });

  test('all stand in the description of the API', async () => {
    const { body } = await api.call('/openapi.json');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/v1/quotes/{id}/revisions/{revision}.pdf',
        '/v1/invoices/{id}.pdf',
        '/v1/charge-notes/{id}.pdf',
      ]),
    );
  });
});
