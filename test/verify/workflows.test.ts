import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatProgress, formatReport } from '../../cli/verify/report.js';
import { verify } from '../../cli/verify/verify.js';
import { brokenIn, closeBooks, engineWith, openBooks, withBooks } from '../support/withBooks.js';

beforeAll(openBooks);
afterAll(closeBooks);

describe('books that are right', () => {
  test('hold every invariant, and every invariant had something to check', async () => {
    const results = await withBooks('select 1', (db) => verify({ db, engine: engineWith() }));
    expect(brokenIn(results)).toEqual({});
    expect(results.map(({ invariant }) => invariant)).toEqual(
      Array.from({ length: 12 }, (_, i) => `I${i + 1}`),
    );
    expect(results.filter(({ checkedRows }) => checkedRows === 0)).toEqual([]);
    expect(formatReport(results)).toContain('✓ 12 of 12 clean');
  });

  test('without an engine I6 is said not to be checked', async () => {
    const results = await withBooks('select 1', (db) => verify({ db }));
    expect(results[5]).toMatchObject({ invariant: 'I6', skipped: 'no engine to ask' });
    expect(formatReport(results)).toMatch(/– I6 .* not checked: no engine to ask/);
  });
});

describe('I6', () => {
  test.each([
    ['an open lead without a workflow', 'lead/lead_fresh', 'missing', 'lead_fresh'],
    ['an open lead whose workflow has ended', 'lead/lead_bounced', 'closed', 'lead_bounced'],
    ['a closed lead whose workflow runs', 'lead/lead_won', 'open', 'lead_won'],
    ['a workflow without a lead', 'lead/lead_unknown', 'open', 'lead_unknown'],
  ] as const)('finds %s, described or listed', async (_what, workflow, state, subject) => {
    await withBooks('select 1', async (db) => {
      for (const fast of [false, true]) {
        const results = await verify({ db, fast, engine: engineWith({ [workflow]: state }) });
        expect(brokenIn(results)).toEqual({ I6: [subject] });
      }
    });
  });

  test.each([
    ['an open payout run without a workflow', 'calculated', 'missing'],
    ['a confirmed payout run whose workflow goes on', 'confirmed', 'open'],
  ] as const)('finds %s', async (_what, status, state) => {
    const change = `insert into payouts (id, mode, period, run, status, calculated_at)
      values ('payout_run', 'monthly', '2026-03', 1, '${status}', now())`;
    const engine = engineWith({ 'payout/commission/2026-03/1': state });
    await withBooks(change, async (db) => {
      const [i6] = (await verify({ db, engine })).filter(({ invariant }) => invariant === 'I6');
      expect(i6?.broken.map(({ subject }) => subject)).toEqual(['payout/commission/2026-03/1']);
    });
  });

  test.each([
    ['queued and no workflow would send it', 'queued', 'closed', { I6: ['lead_won'] }],
    ['queued and its workflow was lost with the engine', 'queued', 'missing', { I6: ['lead_won'] }],
    ['queued and its workflow is sending it', 'queued', 'open', {}],
    ['sent', 'sent', 'closed', {}],
    ['sent and its workflow goes on', 'sent', 'open', { I6: ['lead_won'] }],
  ] as const)('of a closed lead whose mail is %s it says so', async (_what, status, state, expected) => {
    const change = `insert into mails (id, lead_id, kind, subject, language, status, queued_at)
      values ('mail_late', 'lead_won', 'receipt', 'pay_late', 'en', '${status}', now())`;
    const engine = engineWith({ 'lead/lead_won': state });
    await withBooks(change, async (db) => {
      for (const fast of [false, true])
        expect(brokenIn(await verify({ db, fast, engine }))).toEqual(expected);
    });
  });

  test('a list that lags behind is not believed', async () => {
    const engine = { ...engineWith(), listOpen: async function* () {} };
    const results = await withBooks('select 1', (db) => verify({ db, fast: true, engine }));
    expect(brokenIn(results)).toEqual({});
  });

  test('at most 16 leads are described at a time', async () => {
    let running = 0;
    let most = 0;
    const engine = {
      ...engineWith(),
      describe: async () => {
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 2));
        running--;
        return 'open' as const;
      },
    };
    const change = `insert into leads (id, revision, stage, stage_since, channel, captured_at)
      select 'lead_' || n, 1, 'new', now(), 'import', now() from generate_series(1, 200) n`;
    await withBooks(change, (db) => verify({ db, engine }));
    expect(most).toBe(16);
  });

  test('an engine that is away proves nothing', async () => {
    const engine = { ...engineWith(), describe: () => Promise.reject(new Error('unavailable')) };
    const results = await withBooks('select 1', (db) => verify({ db, engine }));
    expect(brokenIn(results)).toEqual({ I6: ['engine'] });
  });
});

describe('the report', () => {
  test('names twenty offenders and counts all', async () => {
    const change = `insert into ledger_transactions (id, business_key, kind, entity_id, posted_on)
      select 'ltx_' || n, n, 'dark', 'ent_1', current_date from generate_series(1, 30) n`;
    const results = await withBooks(change, (db) => verify({ db, engine: engineWith() }));
    const [i5] = results.filter(({ ok }) => !ok);
    expect(i5).toMatchObject({ invariant: 'I5', brokenCount: 30 });
    expect(i5?.broken).toHaveLength(20);
    expect(formatReport(results)).toMatch(/✗ I5 .* 30 broken[\s\S]*… 10 more[\s\S]*✗ 11 of 12$/);
    expect(formatReport(results, 'es')).toMatch(/✗ I5 .* 30 incumplimientos/);
  });

  test('tells how far it is, in the language asked for', () => {
    const progress = { invariant: 'I6', done: 2_000, total: 100_000 } as const;
    expect(formatProgress(progress)).toBe(
      'I6 open leads and unsent mails have their workflow: 2,000 of 100,000',
    );
    expect(formatProgress(progress, 'es')).toBe(
      'I6 cada lead abierto o con correos por enviar tiene su workflow: 2000 de 100.000',
    );
  });
});
