// A person's key is made by that person: after the first lead an admin invites, and never holds it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { codeOf, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});

const makeKey = (personId: string) =>
  api.call('/v1/keys', { method: 'POST', body: { label: 'a key', scopes: ['admin'], personId } });
const invite = (personId: string, as = api.admin.token) =>
  api.call(`/v1/people/${personId}/invitation`, { method: 'POST', as });
const redeem = (token: string) =>
  api.call('/v1/invitations/redemption', { method: 'POST', as: null, body: { token, label: 'mine' } });

/** Somebody who works here since yesterday and has no key. */
async function hired(...roles: string[]): Promise<string> {
  const id = newId('person');
  const { owner } = api.database;
  await owner.query(
    `insert into people (id, name, email, created_at) values ($1, 'n', $1 || '@x.example', now())`,
    [id],
  );
  for (const role of roles) {
    await owner.query(`insert into person_roles values ($1, $2, null, current_date - 1)`, [id, role]);
  }
  return id;
}

test('before the first lead the founder hands out keys, afterwards nobody makes another’s', async () => {
  const [founder, later] = [await hired('finance'), await hired('finance')];
  expect((await makeKey(founder)).status).toBe(201);
  await api.database.owner.query(
    `insert into leads (id, revision, stage, stage_since, channel, captured_at)
      values ($1, 1, 'new', now(), 'website', now())`,
    [newId('lead')],
  );
  const refused = await makeKey(later);
  expect(codeOf(refused)).toBe('403 forbidden');
  expect(refused.body.errors).toMatchObject([{ pointer: '/personId' }]);
  expect((await makeKey(api.admin.personId)).status).toBe(201);
});

test('a machine’s key is made for it, and is none of a person’s any more', async () => {
  const [machine, both] = [await hired('integration'), await hired('integration', 'finance')];
  expect(codeOf(await makeKey(both))).toBe('403 forbidden');
  const { status, body } = await makeKey(machine);
  expect(status).toBe(201);
  expect((await api.call('/v1/products', { as: body.token })).status).toBe(200);
  const roles = { roles: ['integration', 'finance'] };
  await api.call(`/v1/people/${machine}/roles`, { method: 'PUT', ifMatch: 1, body: roles });
  expect(codeOf(await api.call('/v1/products', { as: body.token }))).toBe('401 unauthenticated');
});

test('an invitation makes one key, once, and says so only to whom it was shown', async () => {
  const personId = await hired('finance');
  const { status, body, headers } = await invite(personId);
  expect([status, body.personId, headers['cache-control']]).toEqual([201, personId, 'no-store']);
  expect(codeOf(await api.call('/v1/products', { as: body.token }))).toBe('401 unauthenticated');
  const answers = await Promise.all([redeem(body.token), redeem(body.token)]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 401]);
  const key = answers.find((answer) => answer.status === 201)?.body;
  expect(key).toMatchObject({ personId, createdBy: personId });
  expect((await api.call('/v1/accounts', { as: key.token })).status).toBe(200);
  expect(codeOf(await redeem(body.token))).toBe('401 unauthenticated');
  const { rows } = await api.database.owner.query(
    'select action from audit_entries where subject = $1 order by seq',
    [body.id],
  );
  expect(rows).toEqual([{ action: 'personInvited' }, { action: 'invitationRedeemed' }]);
  // Who has a key would not notice another one: theirs is revoked first, and that they notice.
  expect(codeOf(await invite(personId))).toBe('409 already_exists');
  await api.call(`/v1/keys/${key.id}`, { method: 'DELETE' });
  expect((await invite(personId)).status).toBe(201);
});

test('another invitation ends the one before; an old one, a bent one and a leaver’s make nothing', async () => {
  const personId = await hired('rep');
  const first = (await invite(personId)).body.token;
  const second = (await invite(personId)).body;
  const { owner } = api.database;
  const bent = `${second.token.slice(0, -1)}${second.token.endsWith('A') ? 'B' : 'A'}`;
  for (const token of [first, bent, 'l2i_x', api.admin.token]) {
    expect(codeOf(await redeem(token))).toBe('401 unauthenticated');
  }
  await owner.query('update people set active = false where id = $1', [personId]);
  expect(codeOf(await redeem(second.token))).toBe('401 unauthenticated');
  await owner.query('update people set active = true where id = $1', [personId]);
  await owner.query(`update invitations set expires_at = now() where id = $1`, [second.id]);
  expect(codeOf(await redeem(second.token))).toBe('401 unauthenticated');
});

test('only an admin invites, and never themselves or nobody', async () => {
  const { token } = await api.person(['manager']);
  expect(codeOf(await invite(await hired('rep'), token))).toBe('403 forbidden');
  expect(codeOf(await invite(api.admin.personId))).toBe('403 forbidden');
  expect(codeOf(await invite(newId('person')))).toBe('422 unknown_reference');
});
