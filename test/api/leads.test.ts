// Capturing over HTTP: the same key gets the same answer, a known lead gets a touch.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { codeOf, startApi, type TestApi, type TestPerson } from '../support/api.js';

let api: TestApi;
let machine: TestPerson;
beforeAll(async () => {
  api = await startApi();
  machine = await api.person(['integration']);
  await api.database.owner.query(
    'insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values (now(), now(), 86400)',
  );
});
afterAll(() => api?.close());

const capture = (body: object, key: string) =>
  api.call('/v1/leads', {
    method: 'POST',
    as: machine.token,
    body: { source: { channel: 'website' }, ...body },
    key,
  });
const touches = async (leadId: string): Promise<number> => {
  const { rows } = await api.database.owner.query('select from touches where lead_id = $1', [leadId]);
  return rows.length;
};
const messages = async (leadId: string): Promise<string[]> => {
  const { rows } = await api.database.owner.query<{ name: string }>(
    'select name from messages where lead_id = $1 order by recorded_at, id',
    [leadId],
  );
  return rows.map(({ name }) => name);
};

test('sent again under its key, a capture is answered 201 with the same lead and changes nothing', async () => {
  const contact = { email: 'again@customer.example' };
  const first = await capture({ contact }, 'again');
  const second = await capture({ contact }, 'again');
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toEqual(first.body);
  expect(second.headers.location).toBe(first.headers.location);
  expect(await touches(first.body.id)).toBe(1);
  expect(await messages(first.body.id)).toEqual(['leadCaptured']);
});

test('a touch sent again under its key is answered 200 again', async () => {
  const contact = { email: 'touched@customer.example' };
  const { body } = await capture({ contact }, 'touched');
  const answers = [await capture({ contact }, 'touch'), await capture({ contact }, 'touch')];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await touches(body.id)).toBe(2);
});

test('handing a lead on is an edit: it says in If-Match which revision was read, and the message carries it', async () => {
  const { body: lead } = await capture({ contact: { email: 'handed@customer.example' } }, 'handed');
  const boss = await api.person(['manager']);
  const put = (ifMatch?: number | string) =>
    api.call(`/v1/leads/${lead.id}/owner`, {
      method: 'PUT',
      as: boss.token,
      body: { ownerId: boss.personId, reason: 'holiday' },
      ...(ifMatch !== undefined && { ifMatch }),
    });
  expect(codeOf(await put())).toBe('428 precondition_required');
  expect(codeOf(await put('*'))).toBe('400 invalid_field');
  const { rows: none } = await api.database.owner.query(`select from messages where name = 'reassignLead'`);
  expect(none).toHaveLength(0);
  const read = await api.call(`/v1/leads/${lead.id}`, { as: boss.token });
  expect((await put(String(read.headers.etag))).status).toBe(202); // The engine is away.
  const { rows } = await api.database.owner.query(`select body from messages where name = 'reassignLead'`);
  expect(rows).toMatchObject([{ body: { ownerId: boss.personId, revision: 1 } }]);
}, 20_000);

test('a known externalId gets its new touch, whatever else is said of the person', async () => {
  const { status, body } = await capture(
    { externalId: 'crm-1', contact: { email: 'one@customer.example' } },
    'a',
  );
  expect(status).toBe(201);
  const known = await capture(
    {
      externalId: 'crm-1',
      contact: { email: 'other@customer.example' },
      consent: { purpose: 'newsletter', granted: true },
    },
    'b',
  );
  expect([known.status, known.body.id]).toEqual([200, body.id]);
  expect(await touches(body.id)).toBe(2);
  expect(await messages(body.id)).toEqual(['leadCaptured', 'leadTouched']);
});

test('two at once under one externalId are one lead with two touches', async () => {
  const both = await Promise.all(['x', 'y'].map((key) => capture({ externalId: 'crm-2' }, key)));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
  expect(new Set(both.map(({ body }) => body.id)).size).toBe(1);
  expect(await touches(both[0]?.body.id)).toBe(2);
});
