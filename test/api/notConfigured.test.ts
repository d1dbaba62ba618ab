// A company that has not made its rules yet: what needs one says which, and by which call it is made.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { makeActivities } from '../../activities/index.js';
import { POLICY_EXAMPLES } from '../../contracts/policies/examples.js';
import { newId } from '../../db/ids.js';
import type { StepCall } from '../../domain/steps.js';
import { codeOf, startApi, type TestApi, type TestPerson } from '../support/api.js';

let api: TestApi;
let boss: TestPerson;
let leadId: string;
let captured: string;
let steps: ReturnType<typeof makeActivities>;

const post = (url: string, body: object) => api.call(url, { method: 'POST', body, as: boss.token });
const put = (kind: keyof typeof POLICY_EXAMPLES, body: object = POLICY_EXAMPLES[kind], ifMatch = 0) =>
  api.call(`/v1/policies/${kind}`, { method: 'PUT', body, ifMatch });
const rows = async (text: string) => (await api.database.owner.query(text)).rows;
const draft = () => post(`/v1/leads/${leadId}/quotes`, { lines: [{ sku: 'DESK', quantity: '1' }] });

beforeAll(async () => {
  api = await startApi();
  boss = await api.person(['rep', 'manager']);
  await api.database.owner.query(
    `insert into clock_segments (anchor_at, real_anchor_at, seconds_per_day) values (now(), now(), 86400)`,
  );
  const contact = { name: 'Ana', email: 'ana@first.example', company: 'First', country: 'ES' };
  const { status, body } = await post('/v1/leads', { source: { channel: 'website' }, contact });
  expect(status).toBe(201);
  leadId = body.id;
  [{ id: captured }] = await rows(`select id from messages where name = 'leadCaptured'`);
  const log = pino({ level: 'silent' });
  steps = makeActivities({
    db: api.database.app,
    policies: api.deps.policies,
    log,
    mailer: undefined as never,
  });
});
afterAll(() => api?.close());

const call = (key: string): StepCall => ({ leadId, key, at: Date.now() });

describe('without rules', () => {
  test('a draft names the legal entity, then each policy, and the call that makes it', async () => {
    const first = await draft();
    expect(codeOf(first)).toBe('409 not_configured');
    expect(first.body.detail).toContain('POST /v1/entities');
    const entity = { name: 'Co', country: 'ES', zone: 'Europe/Madrid', language: 'en', address: {} };
    const made = await api.call('/v1/entities', {
      method: 'POST',
      body: { ...entity, email: 'co@first.example' },
    });
    expect(made.status).toBe(201);
    for (const kind of ['quoting', 'tax', 'invoicing', 'approval', 'commission'] as const) {
      const refused = await draft();
      expect(codeOf(refused)).toBe('409 not_configured');
      expect(refused.body.detail).toContain(`PUT /v1/policies/${kind} with If-Match "0"`);
      expect((await put(kind)).status).toBe(200);
    }
    expect(codeOf(await draft())).toBe('422 no_price');
  });

  test('a decision is refused with the policy to make', async () => {
    const id = newId('msg');
    await api.database.owner.query(
      `insert into messages (id, target, lead_id, name, kind, actor_id, body, body_hash, not_after)
        values ($1, 'lead/' || $2, $2, 'qualifyLead', 'decision', $3, '{"decision":"qualify"}', sha256('x'),
          now() + interval '1 day')`,
      [id, leadId, boss.personId],
    );
    const { answer } = await steps.qualifyLead(call(id));
    expect(answer).toMatchObject({ result: 'refused', code: 'not_configured' });
    const why = `select answer ->> 'detail' as detail from messages where id = $1`;
    const { rows } = await api.database.owner.query<{ detail: string }>(why, [id]);
    expect(rows[0]?.detail).toContain('PUT /v1/policies/qualification');
  });

  test('a captured lead waits with a task for the admin, and is told again when the rule is made', async () => {
    await api.database.owner.query('update messages set told_at = now() where id = $1', [captured]);
    for (const kind of ['scoring', 'assignment', 'qualification'] as const) {
      const { answer } = await steps.scoreLead(call(captured));
      expect(answer).toEqual({ result: 'stuck', code: 'not_configured' });
      const open = await rows(`select kind, role, subject, reason ->> 'policy' as policy from tasks
        where status = 'open' and kind = 'rules_missing'`);
      expect(open).toEqual([{ kind: 'rules_missing', role: 'admin', subject: captured, policy: kind }]);
      const body =
        kind === 'assignment'
          ? { territories: [], maxOpenLeads: 50, capacities: [], fallbackOwnerId: boss.personId }
          : POLICY_EXAMPLES[kind];
      expect((await put(kind, body)).status).toBe(200);
      expect(await rows(`select id from messages where told_at is null and name = 'leadCaptured'`)).toEqual([
        { id: captured },
      ]);
      expect(await rows(`select id from tasks where status = 'open' and kind = 'rules_missing'`)).toEqual([]);
    }
    const { answer, head } = await steps.scoreLead(call(captured));
    expect([answer?.result, head.owner]).toEqual(['applied', boss.personId]);
  });

  test('nothing was logged as a fault', () => {
    expect(api.logs.filter((line) => line.includes('"internal"'))).toEqual([]);
  });
});

test('a policy that gives leads to nobody who exists is refused with its place', async () => {
  const refused = await put('assignment', POLICY_EXAMPLES.assignment, 1);
  expect(codeOf(refused)).toBe('422 unknown_reference');
  expect(refused.body.errors[0]).toEqual({
    pointer: '/territories/0/repIds/0',
    detail: 'person_ana is nobody who works here',
  });
});

test('the description shows each kind of policy with its fields and an example', async () => {
  const { body } = await api.call('/openapi.json', { as: null });
  const content = body.paths['/v1/policies/{kind}'].put.requestBody.content['application/json'];
  const kinds = content.schema.oneOf as { title: string; properties: object; examples: unknown[] }[];
  expect(kinds.map(({ title }) => title).sort()).toEqual(Object.keys(POLICY_EXAMPLES).sort());
  for (const kind of kinds) {
    const example = POLICY_EXAMPLES[kind.title as keyof typeof POLICY_EXAMPLES];
    expect(kind.examples).toEqual([example]);
    expect(Object.keys(kind.properties)).toEqual(expect.arrayContaining(Object.keys(example)));
  }
});
