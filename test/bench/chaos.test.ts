// The chaos itself for two minutes; the hour is run by hand. And what it says of deals that are not as acknowledged.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type Deal, wrongs } from '../../bench/chaos/deals.js';
import { crewAt, Lead } from '../../bench/golden.js';
import { Writes } from '../../db/writes.js';
import { freshDatabase } from '../support/database.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** As the documents have it. */
const COMMAND = 'npm run chaos -- --minutes 2';
const LIMIT_MS = 900_000;

const whenLong = process.env.L2C_LONG === '1' ? test : test.skip;

whenLong(
  'processes killed at random lose nothing and leave nothing behind',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'l2c-test-chaos-'));
    try {
      // A temporary folder of its own shows what is left behind.
      const env = { ...process.env, TMPDIR: folder };
      const child = spawn(COMMAND, { shell: true, cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      const [code] = await once(child, 'close');
      expect([code, output]).toEqual([0, expect.stringContaining('nothing lost, nothing twice')]);
      expect(output).toMatch(/^seed \d+, 2 minutes/m);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  LIMIT_MS,
);

const SENT_STEPS = [
  'captureLead',
  'qualifyLead',
  'draftQuote',
  'submitQuote',
  'decideApproval',
  'acceptQuote',
  'recordDelivery',
  'applyPayment',
];
const OWN_STEPS = ['scoreLead', 'issueInvoice', 'earnCommission', 'payCommission'];

describe('a deal that is not as it was acknowledged', () => {
  const keys = { admin: '', machine: '', rep: '', boss: '', fulfilment: '', finance: '' };
  const dealOf = (tag: string, deal: Omit<Deal, 'lead'>): Deal => ({
    lead: new Lead(crewAt('http://127.0.0.1:1', keys), tag, 1),
    ...deal,
  });

  test('is told: one that is lost, one that nobody sent, one whose stage is another, a won one without its steps', async () => {
    const database = await freshDatabase();
    try {
      const row = (id: string, tag: string) => ({
        id,
        external_id: `bench-${tag}`,
        revision: 1,
        stage: 'qualified',
        stage_since: new Date(),
        channel: 'referral',
        captured_at: new Date(),
      });
      const won = {
        ...row('lead_3', '00000005'),
        stage: 'closed',
        closed_at: new Date(),
        outcome: 'won',
      };
      await new Writes()
        .insert('leads', row('lead_1', '00000001') as never, row('lead_2', '00000002') as never)
        .run(database.owner);
      await new Writes().insert('leads', won as never).run(database.owner);
      const deals = [
        dealOf('00000001', { acknowledged: 'capture' }),
        dealOf('00000003', { acknowledged: 'capture' }),
        dealOf('00000005', { acknowledged: 'payment' }),
        dealOf('00000004', { acknowledged: null, failed: { call: 'capture', why: 'x' } }),
      ];
      expect(await wrongs(database.owner, deals)).toEqual([
        'lead_1 (capture): captureLead 0 times, not 1 to 1',
        'lead_1 (capture): it is qualified, not new',
        'lead_1 (capture): qualified  with 0 waits',
        'lead 00000003 was captured and is lost',
        ...[...SENT_STEPS, ...OWN_STEPS].map((step) => `lead_3 (payment): ${step} 0 times, not 1 to 1`),
        "lead_2: nobody's",
      ]);
    } finally {
      await database.drop();
    }
  });
});
