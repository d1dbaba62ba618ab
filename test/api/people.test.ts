import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { codeOf, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
let n = 0;
let founder: { roles: { role: string; grantedBy: string | null }[] };

beforeAll(async () => {
  api = await startApi();
  const { body } = await api.call('/v1/people', {
    method: 'POST',
    body: { name: 'Founder', email: 'founder@example.com', roles: ['rep'] },
  });
  founder = body;
  // From its first lead on the company works, and nobody uses a role on the day it was granted.
  await api.database.owner.query(
    `insert into leads (id, revision, stage, stage_since, channel, captured_at)
      values ('lead_first', 1, 'new', now(), 'website', now())`,
  );
});
afterAll(async () => {
  await api?.close();
});

const fresh = (more: object = {}) => {
  n += 1;
  return { name: `Person ${n}`, email: `person${n}@example.com`, ...more };
};
const create = async (more: object = {}) => {
  const { status, body } = await api.call('/v1/people', { method: 'POST', body: fresh(more) });
  expect(status).toBe(201);
  return body;
};
const get = async (id: string) => (await api.call(`/v1/people/${id}`)).body;

describe('a person', () => {
  test('is added with roles and limits, and answers with revision, ETag and address', async () => {
    const { status, body, headers } = await api.call('/v1/people', {
      method: 'POST',
      body: fresh({
        language: 'es',
        team: 'iberia',
        territories: ['ES', 'PT'],
        externalId: 'sr-1',
        roles: ['rep', 'payee'],
        limits: [
          { amount: '5000', currency: 'EUR' },
          { amount: '700', currency: 'JPY' },
        ],
      }),
    });
    expect(status).toBe(201);
    expect(headers).toMatchObject({ etag: '"1"', location: `/v1/people/${body.id}` });
    expect(body).toMatchObject({
      language: 'es',
      capacity: 200,
      active: true,
      revision: 1,
      limits: [
        { amount: '5000.00', currency: 'EUR' },
        { amount: '700', currency: 'JPY' },
      ],
      createdAt: '2026-11-22T09:00:00.000Z',
    });
    expect(body.roles.map((r: { role: string; grantedBy: string }) => [r.role, r.grantedBy])).toEqual([
      ['payee', api.admin.personId],
      ['rep', api.admin.personId],
    ]);
    expect(await get(body.id)).toEqual(body);
  });

  test('with the e-mail of an active person or a known externalId is 409', async () => {
    const one = await create({ externalId: 'twice' });
    const same = await api.call('/v1/people', {
      method: 'POST',
      body: fresh({ email: one.email.toUpperCase() }),
    });
    expect(codeOf(same)).toBe('409 already_exists');
    expect(same.body.detail).toContain(one.email);
    const known = await api.call('/v1/people', { method: 'POST', body: fresh({ externalId: 'twice' }) });
    expect(codeOf(known)).toBe('409 already_exists');
    expect(known.body.errors[0].pointer).toBe('/externalId');
  });

  test('is changed by who saw its present version only', async () => {
    const one = await create();
    const url = `/v1/people/${one.id}`;
    const patch = (ifMatch?: number) =>
      api.call(url, { method: 'PATCH', body: { team: 'north' }, ...(ifMatch !== undefined && { ifMatch }) });
    expect(codeOf(await patch())).toBe('428 precondition_required');
    expect(codeOf(await patch(2))).toBe('412 stale_version');
    const done = await patch(1);
    expect([done.status, done.body.team, done.body.revision, done.headers.etag]).toEqual([
      200,
      'north',
      2,
      '"2"',
    ]);
    expect(codeOf(await patch(1))).toBe('412 stale_version');
    expect(await get(one.id)).toMatchObject({ team: 'north', revision: 2, name: one.name });
  });

  test('two edits of one version at once: one holds, the other is told', async () => {
    const one = await create();
    const edits = await Promise.all(
      ['a', 'b', 'c'].map((team) =>
        api.call(`/v1/people/${one.id}`, { method: 'PATCH', body: { team }, ifMatch: 1 }),
      ),
    );
    expect(edits.map((edit) => edit.status).sort()).toEqual([200, 412, 412]);
  });
});

describe('managers and delegates', () => {
  test('an unknown manager is 422', async () => {
    const answer = await api.call('/v1/people', {
      method: 'POST',
      body: fresh({ managerId: newId('person') }),
    });
    expect(codeOf(answer)).toBe('422 unknown_reference');
    expect(answer.body.errors[0].pointer).toBe('/managerId');
  });

  test('a loop of managers is refused, also one that two edits would close together', async () => {
    const a = await create();
    const b = await create({ managerId: a.id });
    const c = await create({ managerId: b.id });
    const loop = await api.call(`/v1/people/${a.id}`, {
      method: 'PATCH',
      body: { managerId: c.id },
      ifMatch: 1,
    });
    expect(codeOf(loop)).toBe('422 unknown_reference');
    expect(loop.body.detail).toContain('loop');
    const itself = await api.call(`/v1/people/${a.id}`, {
      method: 'PATCH',
      body: { managerId: a.id },
      ifMatch: 1,
    });
    expect(codeOf(itself)).toBe('422 unknown_reference');

    const [x, y] = [await create(), await create()];
    const both = await Promise.all([
      api.call(`/v1/people/${x.id}`, { method: 'PATCH', body: { managerId: y.id }, ifMatch: 1 }),
      api.call(`/v1/people/${y.id}`, { method: 'PATCH', body: { managerId: x.id }, ifMatch: 1 }),
    ]);
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 422]);
  });

  test('delegations are set as a whole; unknown and looping delegates are refused', async () => {
    const [a, b] = [await create(), await create()];
    const set = (id: string, ifMatch: number, delegations: object[]) =>
      api.call(`/v1/people/${id}/delegations`, { method: 'PUT', ifMatch, body: { delegations } });
    const days = { fromOn: '2026-12-01', untilOn: '2026-12-31' };
    const done = await set(a.id, 1, [{ delegateId: b.id, ...days }]);
    expect(done.body.delegations).toMatchObject([{ delegateId: b.id, ...days }]);
    expect(codeOf(await set(b.id, 1, [{ delegateId: a.id, ...days }]))).toBe('422 unknown_reference');
    expect(codeOf(await set(b.id, 1, [{ delegateId: newId('person'), ...days }]))).toBe(
      '422 unknown_reference',
    );
    const backwards = { delegateId: a.id, fromOn: '2027-02-02', untilOn: '2027-02-01' };
    expect(codeOf(await set(b.id, 1, [backwards]))).toBe('422 unknown_reference');
    expect((await set(a.id, 2, [])).body.delegations).toEqual([]);
  });

  test('everybody sets their own delegate, nobody but an admin that of others', async () => {
    const rep = await api.person(['rep']);
    const other = await create();
    const body = { delegations: [{ delegateId: other.id, fromOn: '2026-12-01', untilOn: '2026-12-02' }] };
    const own = await api.call(`/v1/people/${rep.personId}/delegations`, {
      method: 'PUT',
      as: rep.token,
      ifMatch: 1,
      body,
    });
    expect(own.status).toBe(200);
    const others = await api.call(`/v1/people/${other.id}/delegations`, {
      method: 'PUT',
      as: rep.token,
      ifMatch: 1,
      body: { delegations: [] },
    });
    expect(codeOf(others)).toBe('403 forbidden');
  });
});

test('while a company is founded, before its first lead, roles are usable at once', () => {
  expect(founder.roles).toMatchObject([{ role: 'rep', grantedBy: null }]);
});

describe('roles and limits', () => {
  test('a role granted today is usable tomorrow, not today', async () => {
    const one = await create({ roles: ['manager'] });
    const invited = await api.call(`/v1/people/${one.id}/invitation`, { method: 'POST' });
    const { body: key } = await api.call('/v1/invitations/redemption', {
      method: 'POST',
      as: null,
      body: { token: invited.body.token, label: 'theirs' },
    });
    const body = { legalName: 'Early GmbH', country: 'DE' };
    const today = await api.call('/v1/accounts', { method: 'POST', as: key.token, body });
    expect(codeOf(today)).toBe('403 forbidden');
    expect(today.body.detail).toContain('usable from tomorrow: manager');
    await api.database.owner.query(
      'update person_roles set granted_on = granted_on - 1 where person_id = $1',
      [one.id],
    );
    // What is kept of the sign-in is forgotten by any edit of the person.
    await api.call(`/v1/people/${one.id}`, { method: 'PATCH', ifMatch: 1, body: { team: 'x' } });
    expect((await api.call('/v1/accounts', { method: 'POST', as: key.token, body })).status).toBe(201);
  });

  test('are set as a whole; a role that stays keeps who gave it', async () => {
    const rep = await api.person(['rep', 'payee']);
    const set = (ifMatch: number, roles: string[]) =>
      api.call(`/v1/people/${rep.personId}/roles`, { method: 'PUT', ifMatch, body: { roles } });
    const { body } = await set(1, ['rep', 'manager']);
    expect(body.roles.map((r: { role: string; grantedBy: string | null }) => [r.role, r.grantedBy])).toEqual([
      ['manager', api.admin.personId],
      ['rep', null],
    ]);
    const limits = await api.call(`/v1/people/${rep.personId}/limits`, {
      method: 'PUT',
      ifMatch: 2,
      body: { limits: [{ amount: '10.50', currency: 'USD' }] },
    });
    expect(limits.body.limits).toEqual([{ amount: '10.50', currency: 'USD' }]);
    expect(codeOf(await set(2, []))).toBe('412 stale_version');
  });

  test('nobody changes their own roles or limits, and the last admin stays', async () => {
    const own = (what: string, body: object) =>
      api.call(`/v1/people/${api.admin.personId}/${what}`, { method: 'PUT', ifMatch: 1, body });
    expect(codeOf(await own('roles', { roles: ['admin', 'finance'] }))).toBe('403 forbidden');
    expect(codeOf(await own('limits', { limits: [] }))).toBe('403 forbidden');

    const second = await api.person(['admin']);
    const [first, other] = await Promise.all([
      api.call(`/v1/people/${api.admin.personId}/roles`, {
        method: 'PUT',
        as: second.token,
        ifMatch: 1,
        body: { roles: [] },
      }),
      api.call(`/v1/people/${second.personId}/roles`, { method: 'PUT', ifMatch: 1, body: { roles: [] } }),
    ]);
    // Each takes the other's role at the same time: one admin is left.
    const answers = [codeOf(first), codeOf(other)].sort();
    expect(['200', '403 forbidden', '422 limit_exceeded']).toEqual(expect.arrayContaining(answers));
    expect(answers.filter((answer) => answer === '200')).toHaveLength(1);
    const { rows } = await api.database.owner.query(
      `select person_id from person_roles r join people p on p.id = r.person_id where role = 'admin' and active`,
    );
    expect(rows).toHaveLength(1);
    // Give the suite its admin back, whichever was left.
    await api.database.owner.query(
      `insert into person_roles (person_id, role, granted_on) values ($1, 'admin', current_date) on conflict do nothing`,
      [api.admin.personId],
    );
    await api.call(`/v1/people/${second.personId}`, {
      method: 'PATCH',
      ifMatch: 1,
      as: second.token,
      body: { team: 'x' },
    });
  });
});

test('the audit of a person holds each change, chained, and neither name nor address', async () => {
  const one = await create({ name: 'Zenobia Quill', email: 'zenobia@example.com', roles: ['rep'] });
  await api.call(`/v1/people/${one.id}`, {
    method: 'PATCH',
    ifMatch: 1,
    body: { name: 'Zenobia Quill-Ash', team: 'x' },
  });
  const { rows } = await api.database.owner.query(
    'select seq, key, action, entry, hash from audit_entries where subject = $1 order by seq',
    [one.id],
  );
  expect(rows.map((row) => [row.seq, row.key, row.action])).toEqual([
    [1n, 'personCreated/1', 'personCreated'],
    [2n, 'personEdited/2', 'personEdited'],
  ]);
  const { createHash } = await import('node:crypto');
  let hash = Buffer.alloc(32);
  for (const row of rows) {
    hash = createHash('sha256').update(hash).update(row.entry, 'utf8').digest();
    expect(row.hash.equals(hash)).toBe(true);
  }
  expect(JSON.stringify(rows.map((row) => row.entry))).not.toMatch(/zenobia/i);
  expect(JSON.parse(rows[1].entry)).toMatchObject({
    actor: api.admin.personId,
    detail: { fields: ['name', 'team'] },
  });
  const head = await api.database.owner.query('select seq, hash from audit_heads where subject = $1', [
    one.id,
  ]);
  expect(head.rows[0].seq).toBe(2n);
  expect(head.rows[0].hash.equals(hash)).toBe(true);
});
