import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { canonicalJson } from '../../domain/policies/canonical.js';
import { POLICY_KINDS } from '../../domain/policies/types.js';
import { codeOf, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  // Whom the examples name works here.
  for (const id of new Set(JSON.stringify(POLICY_EXAMPLES).match(/person_\w+/g))) {
    const { owner } = api.database;
    await owner.query(`insert into people (id, name, email, created_at) values ($1, $1, $1, now())`, [id]);
    await owner.query(`insert into person_roles values ($1, 'rep', null, current_date)`, [id]);
  }
});
afterAll(async () => {
  await api?.close();
});

const put = (kind: string, ifMatch: number, body: unknown, as = api.admin.token) =>
  api.call(`/v1/policies/${kind}`, { method: 'PUT', body, as, ifMatch: `"${ifMatch}"` });

describe('the rules in force', () => {
  test.each(POLICY_KINDS)(
    '%s: a change is a new version, hashed, and the old one stays as it was',
    async (kind) => {
      const example = POLICY_EXAMPLES[kind];
      expect(codeOf(await api.call(`/v1/policies/${kind}`))).toBe('404 not_found');
      const first = await put(kind, 0, example);
      expect([first.status, first.body.version, first.headers.etag]).toEqual([200, 1, '"1"']);
      expect(first.body.hash).toBe(createHash('sha256').update(canonicalJson(example)).digest('hex'));
      expect(first.body.body).toEqual(example);
      const second = await put(kind, 1, example);
      expect(second.body.version).toBe(2);
      expect((await api.call(`/v1/policies/${kind}`)).body.version).toBe(2);
      expect((await api.call(`/v1/policies/${kind}?version=1`)).body).toEqual(first.body);
      expect(codeOf(await api.call(`/v1/policies/${kind}?version=3`))).toBe('404 not_found');
    },
  );

  test('are listed with the newest version of each kind', async () => {
    const { body } = await api.call('/v1/policies');
    expect(body.items.map((item: { kind: string; version: number }) => [item.kind, item.version])).toEqual(
      [...POLICY_KINDS].sort().map((kind) => [kind, 2]),
    );
  });

  test('are changed by who saw the present version only', async () => {
    expect(codeOf(await put('quoting', 0, POLICY_EXAMPLES.quoting))).toBe('412 stale_version');
    expect(codeOf(await put('quoting', 3, POLICY_EXAMPLES.quoting))).toBe('412 stale_version');
    const without = { method: 'PUT', body: POLICY_EXAMPLES.quoting } as const;
    expect(codeOf(await api.call('/v1/policies/quoting', without))).toBe('428 precondition_required');
    const both = await Promise.all([1, 2].map(() => put('quoting', 2, POLICY_EXAMPLES.quoting)));
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 412]);
  });

  test('with a bad field are refused with every problem, and nothing is stored', async () => {
    const bad = { ...POLICY_EXAMPLES.quoting, maxDiscountBps: 10_001, color: 'red' };
    const answer = await put('quoting', 3, bad);
    expect(codeOf(answer)).toBe('400 invalid_field');
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers).toContain('/maxDiscountBps');
    expect((await api.call('/v1/policies/quoting')).body.version).toBe(3);
    const together = { ...POLICY_EXAMPLES.quoting, defaultCurrency: 'JPY' };
    expect(codeOf(await put('quoting', 3, together))).toBe('400 invalid_field');
  });

  test('name nobody who is unknown, has left or does not sell', async () => {
    const { assignment, approval } = POLICY_EXAMPLES;
    const [finance, gone] = [await api.person(['finance']), await api.person(['rep'])];
    await api.database.owner.query('update people set active = false where id = $1', [gone.personId]);
    const nobody = 'person_01kaz4v8tqfv2r0c0q6c2nq4jd';
    for (const fallbackOwnerId of [nobody, finance.personId, gone.personId]) {
      const answer = await put('assignment', 2, { ...assignment, fallbackOwnerId });
      expect(codeOf(answer)).toBe('422 unknown_reference');
      expect(answer.body.errors).toMatchObject([{ pointer: '/fallbackOwnerId' }]);
    }
    const rules = approval.rules.map((rule) => ({ ...rule, approver: { kind: 'person', personId: nobody } }));
    const answer = await put('approval', 2, { ...approval, rules });
    expect(codeOf(answer)).toBe('422 unknown_reference');
    expect(answer.body.errors[0]).toMatchObject({ pointer: '/rules/0/approver/personId' });
    expect((await api.call('/v1/policies/assignment')).body.version).toBe(2);
  });

  test.each([
    ['finance', 'tax', 200],
    ['finance', 'approval', 403],
    ['marketing', 'scoring', 200],
    ['marketing', 'commission', 403],
    ['rep', 'quoting', 403],
    ['auditor', 'tax', 403],
  ] as const)('%s changing %s: %i', async (role, kind, status) => {
    const { token } = await api.person([role]);
    const current = (await api.call(`/v1/policies/${kind}`)).body.version;
    expect((await put(kind, current, POLICY_EXAMPLES[kind], token)).status).toBe(status);
  });

  test('each change is one entry of the chain of its kind, with who and which hash', async () => {
    const { rows } = await api.database.owner.query(
      "select seq, entry from audit_entries where subject = 'policy/dunning' order by seq",
    );
    expect(rows.map((row) => row.seq)).toEqual([1n, 2n]);
    expect(JSON.parse(rows[0].entry)).toMatchObject({
      action: 'policyChanged',
      actor: api.admin.personId,
      revision: 1,
      detail: { kind: 'dunning', version: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

describe('a commission plan', () => {
  const approve = (version: number, as: string) =>
    api.call(`/v1/policies/commission/${version}/approvals`, { method: 'POST', as });

  test('is approved by two people other than its editor, each once', async () => {
    const editor = await api.person(['compensation']);
    const one = await api.person(['finance']);
    const two = await api.person(['manager']);
    const { body } = await put('commission', 2, POLICY_EXAMPLES.commission, editor.token);
    expect(codeOf(await approve(body.version, editor.token))).toBe('422 self_approval');
    expect((await approve(body.version, one.token)).body.approvals).toHaveLength(1);
    expect(codeOf(await approve(body.version, one.token))).toBe('409 already_decided');
    const done = await approve(body.version, two.token);
    expect(done.body.approvals.map((a: { personId: string }) => a.personId).sort()).toEqual(
      [one.personId, two.personId].sort(),
    );
    expect(codeOf(await approve(99, one.token))).toBe('404 not_found');
    expect(codeOf(await approve(body.version, (await api.person(['rep'])).token))).toBe('403 forbidden');
  });

  test('the database refuses its editor too', async () => {
    const editor = await api.person(['compensation']);
    const { body } = await put('commission', 3, POLICY_EXAMPLES.commission, editor.token);
    const insert = api.database.app.query(
      "insert into policy_approvals values ('commission', $1, $2, now())",
      [body.version, editor.personId],
    );
    await expect(insert).rejects.toThrow('the editor of a policy never approves it');
  });
});
