import { describe, expect, test } from '@jest/globals';
import { type AuditHead, appendAudit, beginAudit, type Change, GENESIS } from '../../db/audit.js';
import { Writes } from '../../db/writes.js';

const CHANGE: Change = {
  subject: 'lead_1',
  key: 'msg_1',
  action: 'qualifyLead',
  at: new Date('2026-03-02T08:00:00Z'),
  actor: 'person_rep',
  revision: 2,
  from: 'new',
  to: 'qualified',
  detail: { ownerId: 'person_rep' },
};
const hashOf = (change: Change, head: AuditHead = { seq: 1n, hash: GENESIS }): string =>
  appendAudit(new Writes(), head, change).hash.toString('hex');

describe('the hash of an audit entry is another one', () => {
  test.each<[string, Partial<Change>]>([
    ['under another key', { key: 'msg_2' }],
    ['for another action', { action: 'withdrawLead' }],
    ['a millisecond later', { at: new Date('2026-03-02T08:00:00.001Z') }],
    ['by another actor', { actor: 'person_boss' }],
    ['by nobody', { actor: null }],
    ['with another revision', { revision: 3 }],
    ['from another stage', { from: 'nurturing' }],
    ['to another stage', { to: 'nurturing' }],
    ['with another detail', { detail: { ownerId: 'person_boss' } }],
  ])('%s', (_what, changed) => {
    expect(hashOf({ ...CHANGE, ...changed })).not.toBe(hashOf(CHANGE));
  });

  test('behind another entry', () => {
    const before = { seq: 1n, hash: beginAudit(new Writes(), CHANGE).hash };
    expect(hashOf(CHANGE, before)).not.toBe(hashOf(CHANGE));
  });

  test('and the same one for the same change behind the same entry', () => {
    expect(hashOf({ ...CHANGE, detail: { ownerId: 'person_rep' } })).toBe(hashOf(CHANGE));
  });
});
