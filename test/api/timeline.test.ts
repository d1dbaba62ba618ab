import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendAudit } from '../../db/audit.js';
import { newId } from '../../db/ids.js';
import { Writes } from '../../db/writes.js';
import { startApi, type TestApi, type TestPerson } from '../support/api.js';

let api: TestApi;
let marta: TestPerson;
let lead: string;
beforeAll(async () => {
  api = await startApi();
  marta = await api.person(['marketing'], { name: 'Marta Lindqvist' });
  await api.database.owner.query(`insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day)
    values (date_trunc('second', now()), date_trunc('second', now()), 86400)`);
  const body = { source: { channel: 'website' }, contact: { email: 'ana@ruiz.example' } };
  const captured = await api.call('/v1/leads', { method: 'POST', as: marta.token, body, key: 'ruiz' });
  if (captured.status !== 201) throw new Error(JSON.stringify(captured.body));
  lead = captured.body.id;
});
afterAll(() => api?.close());

test.each([
  ['es', 'Marta Lindqvist trajo el contacto'],
  ['es-ES,es;q=0.9,en;q=0.8', 'Marta Lindqvist trajo el contacto'],
  ['fr, en;q=0.5, es;q=0.7', 'Marta Lindqvist trajo el contacto'],
  ['en-GB', 'Marta Lindqvist brought the lead in'],
  ['es;q=0, en;q=0.1', 'Marta Lindqvist brought the lead in'],
  ['fr', 'Marta Lindqvist brought the lead in'], // Neither: the language of whoever asks.
])('with Accept-Language %s a timeline says %s', async (accepted, text) => {
  const headers = { 'accept-language': accepted };
  const { body } = await api.call(`/v1/leads/${lead}/timeline`, { as: marta.token, headers });
  expect(body.items[0]).toMatchObject({ action: 'captureLead', actor: marta.personId, text });
});

test('a timeline tells why a lead was withdrawn, from the message of the decision', async () => {
  const { owner } = api.database;
  const key = newId('msg');
  await owner.query(
    `insert into messages (id, target, lead_id, name, kind, actor_id, body, body_hash, not_after)
      values ($1, 'lead/' || $2, $2, 'withdrawLead', 'decision', $3, $4, sha256(''), now())`,
    [key, lead, marta.personId, { reason: 'Ana Ruiz asked us to stop' }],
  );
  const { rows } = await owner.query<{ seq: bigint; hash: Buffer }>(
    'select seq, hash from audit_heads where subject = $1',
    [lead],
  );
  const writes = new Writes();
  const change = { action: 'withdrawLead', at: new Date(), actor: marta.personId, revision: 2 };
  appendAudit(writes, rows[0], { subject: lead, key, ...change, from: 'new', to: 'closed' });
  await writes.run(owner);
  const { body } = await api.call(`/v1/leads/${lead}/timeline`, { as: marta.token });
  expect(body.items).toMatchObject([
    { action: 'captureLead', reason: null },
    { action: 'withdrawLead', reason: 'Ana Ruiz asked us to stop', detail: null },
  ]);
});
