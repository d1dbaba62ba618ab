import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '../../db/ids.js';
import { codeOf, startApi, type TestApi, type TestPerson } from '../support/api.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => {
  await api?.close();
});

describe('when somebody leaves', () => {
  let leaver: TestPerson;
  let leadId: string;
  let manager: TestPerson;

  beforeEach(async () => {
    [leaver, manager] = [await api.person(['rep']), await api.person(['manager'])];
    leadId = newId('lead');
    const { owner } = api.database;
    await owner.query('update people set manager_id = $2 where id = $1', [leaver.personId, manager.personId]);
    await owner.query(
      `insert into leads (id, revision, stage, stage_since, channel, captured_at)
        values ($1, 1, 'new', now(), 'website', now())`,
      [leadId],
    );
    await owner.query(
      `insert into waits (lead_id, kind, subject, role, person_id, since, until, due_step)
        values ($1, 'qualification', $1, 'rep', $2, now(), now(), 'escalateQualification')`,
      [leadId, leaver.personId],
    );
    await owner.query(
      `insert into tasks (id, kind, subject, role, person_id, created_at) values ($1, 'x', $2, 'rep', $3, now())`,
      [newId('task'), leadId, leaver.personId],
    );
  });

  const leave = (person: TestPerson, body: object = {}, as = api.admin.token) =>
    api.call(`/v1/people/${person.personId}/deactivation`, { method: 'POST', ifMatch: 1, as, body });

  test('open waits and tasks go to the manager in the same transaction, with a message for the lead', async () => {
    const { status, body } = await leave(leaver, { leftOn: '2026-11-30' });
    expect([status, body.active, body.leftOn, body.revision]).toEqual([200, false, '2026-11-30', 2]);
    const { owner } = api.database;
    const waits = await owner.query('select person_id from waits where lead_id = $1', [leadId]);
    const tasks = await owner.query('select person_id from tasks where subject = $1', [leadId]);
    const messages = await owner.query(
      'select name, kind, target, actor_id, body from messages where lead_id = $1',
      [leadId],
    );
    expect([waits.rows, tasks.rows]).toEqual([
      [{ person_id: manager.personId }],
      [{ person_id: manager.personId }],
    ]);
    expect(messages.rows).toEqual([
      {
        name: 'waitReassigned',
        kind: 'fact',
        target: `lead/${leadId}`,
        actor_id: api.admin.personId,
        body: { fromId: leaver.personId, toId: manager.personId, ownerId: manager.personId },
      },
    ]);
    expect(codeOf(await api.call('/v1/products', { as: leaver.token }))).toBe('401 unauthenticated');
  });

  test('a delegate of that day comes before the manager', async () => {
    const delegate = await api.person(['rep']);
    await api.database.owner.query('insert into delegations values ($1, $2, $3, $4, $5)', [
      newId('deleg'),
      leaver.personId,
      delegate.personId,
      '2026-11-01',
      '2026-11-30',
    ]);
    await leave(leaver, { leftOn: '2026-11-30' });
    const { rows } = await api.database.owner.query('select person_id from waits where lead_id = $1', [
      leadId,
    ]);
    expect(rows).toEqual([{ person_id: delegate.personId }]);
  });

  test('twice is refused, oneself too, and an edit afterwards', async () => {
    expect((await leave(leaver)).status).toBe(200);
    expect(codeOf(await leave(leaver))).toBe('412 stale_version');
    const again = { method: 'PATCH', ifMatch: 2, body: { team: 'x' } } as const;
    expect(codeOf(await api.call(`/v1/people/${leaver.personId}`, again))).toBe('422 expired');
    const admin = await api.person(['admin']);
    expect(codeOf(await leave(admin, {}, admin.token))).toBe('403 forbidden');
    expect(codeOf(await leave(manager, {}, manager.token))).toBe('403 forbidden');
  });
});
