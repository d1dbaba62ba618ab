import { describe, expect, test } from '@jest/globals';
import { importLeads } from '../../activities/intake/imports.js';
import { captureLead } from '../../activities/intake/leads.js';
import { newId } from '../../db/ids.js';
import { CLAIM_FACTS } from '../../worker/relay.js';
import {
  actorId,
  countOf,
  database,
  HEADER,
  MAPPING,
  many,
  NOW,
  openImports,
  PEOPLE,
  rowsOf,
  run,
} from '../support/imports.js';

openImports();

describe('an import', () => {
  test('makes of a row what capturing the lead alone makes', async () => {
    await run(`${HEADER}\nx1,2018-02-01,/home,Social,Ana,Ana@Example.com,+34 600 000 001,ES\n`);
    await captureLead(database.app, {
      capture: {
        source: { channel: 'social', origin: 'Social', landingPage: '/home' },
        contact: {
          name: 'Ana',
          email: 'ana.2@example.com',
          phone: '+34 600 000 002',
          country: 'ES',
          language: 'es',
        },
        interest: 'a shop',
        externalId: 'x2',
        occurredAt: '2018-02-01T00:00:00Z',
      },
      actorId,
      messageId: newId('msg'),
      nowMs: NOW,
    });
    const differs =
      /^(id|lead_id|subject|contact_id|external_id|email|email_key|phone|phone_key|key|entry|hash|body|body_hash|target|recorded_at|bulk)$/;
    for (const table of [
      'leads',
      'contacts',
      'touches',
      'waits',
      'messages',
      'audit_heads',
      'audit_entries',
    ]) {
      const rows = await rowsOf(`select * from ${table}`);
      const alike = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !differs.test(name))),
      );
      expect([table, alike[0]]).toEqual([table, alike[1]]);
      expect(rows).toHaveLength(2);
    }
    const entries = await rowsOf(`select subject, entry, encode(hash, 'hex') as hash,
      encode(sha256(decode(repeat('00', 32), 'hex') || convert_to(entry, 'UTF8')), 'hex') as computed
      from audit_entries order by subject`);
    for (const { subject, entry, hash, computed } of entries) {
      expect(hash).toBe(computed);
      const [message] = await rowsOf(`select id from messages where lead_id = '${subject}'`);
      expect(entry).toBe(
        `{"action":"captureLead","actor":"${actorId}","at":"2026-11-22T09:00:00.000Z",` +
          `"detail":{"channel":"social"},"key":"capture/${message?.id}","revision":1,"to":"new"}`,
      );
    }
    expect(await rowsOf('select distinct name, told_at, answer from messages')).toEqual([
      { name: 'leadCaptured', told_at: null, answer: null },
    ]);
  });

  test('lets everything that is told alone go before its leads, and what was told once in vain', async () => {
    await run([HEADER, ...many(100)].join('\n'));
    const messageId = newId('msg');
    await captureLead(database.app, {
      capture: { source: { channel: 'website' }, externalId: 'alone' },
      actorId,
      messageId,
      nowMs: NOW,
    });
    const claimed = async () => {
      const { rows } = await database.app.query<{ id: string }>({ ...CLAIM_FACTS, values: [1] });
      return rows[0]?.id;
    };
    expect(await claimed()).toBe(messageId);
    // The engine did not answer, and its claim is over.
    await rowsOf(`update messages set claimed_until = now() - interval '1 second' where id = '${messageId}'`);
    expect(await claimed()).toBe(messageId);
    expect(await claimed()).not.toBe(messageId);
  });

  test('says of every refused row its line, column and reason, and takes all others', async () => {
    const { counts, errors } = await run(
      `\uFEFF${HEADER}\r\n` +
        'a,2018-02-01,,social,,,,\r\n' + // 2
        'b,2018-02-30,,social,,,,\r\n' + // 3
        'c,2018-02-01,,tv,,,,es\r\n' + // 4
        'd,2018-02-01,,web\r\n' + // 5
        'e,2018-02-01,,web,"two\r\nlines",,,\r\n' + // 6 and 7
        `f,2018-02-01,${'p'.repeat(501)},web,,,,\r\n` + // 8
        'g,2018-02-01,,web,"open,,,\r\n' + // 9
        'h,2018-02-01,,web,nul\0,,,\r\n' + // 10
        'i,,,WEB ,,,,\r\n', // 11
    );
    expect(errors).toEqual([
      { line: 3, column: 'on', reason: '"2018-02-30" is no date that exists' },
      { line: 4, column: 'origin', reason: '"tv" is no word of the mapping' },
      { line: 5, column: '', reason: 'the row has 4 fields, the header 8' },
      { line: 8, column: 'page', reason: 'longer than 500 characters' },
      { line: 9, column: '', reason: 'a quote opens a field and nothing closes it within 65536 characters' },
      {
        line: 10,
        column: 'name',
        reason: 'the text is not UTF-8, or holds a NUL character or half a character',
      },
    ]);
    expect(counts).toEqual({ read: 9, created: 3, duplicates: 0, rejected: 6 });
    const kept = await rowsOf(`select external_id, source from leads order by external_id`);
    expect(kept.map((row) => row.external_id)).toEqual(['a', 'e', 'i']);
    expect(kept.map((row) => (row.source as { origin: string }).origin)).toEqual(['social', 'web', 'WEB ']);
  });

  test('bytes that are no UTF-8 cost their row alone', async () => {
    const text = Buffer.concat([
      Buffer.from(`${HEADER}\na,,,web,Mu`),
      Buffer.from([0xf1]),
      Buffer.from(`oz,,,\nb,,,web,,,,\n`),
    ]);
    const rows = (async function* () {
      for (const byte of text) yield Buffer.from([byte]);
    })();
    const importId = newId('import');
    const counts = await importLeads({
      db: database.app,
      actorId,
      importId,
      rows,
      mapping: MAPPING,
      dryRun: false,
      nowMs: NOW,
    });
    expect(counts).toEqual({ read: 2, created: 1, duplicates: 0, rejected: 1 });
  });

  test('keeps an empty origin apart from the word unknown', async () => {
    await run(`${HEADER}\na,,,,,,,\nb,,,unknown,,,,\n`);
    expect(
      await rowsOf(`select external_id, channel, source ->> 'origin' as origin from leads order by 1`),
    ).toEqual([
      { external_id: 'a', channel: 'unknown', origin: null },
      { external_id: 'b', channel: 'unknown', origin: 'unknown' },
    ]);
  });

  test('counts rows of known leads and people as duplicates, inside the file as well', async () => {
    const { counts } = await run([HEADER, ...PEOPLE].map((line) => `${line}\n`));
    expect(counts).toEqual({ read: 8, created: 5, duplicates: 3, rejected: 0 });
    expect(await countOf('leads')).toBe(5);
    expect(await countOf('touches')).toBe(7);
    expect(await countOf('contacts')).toBe(3);
    expect(await rowsOf('select name, count(*)::int as n from messages group by name order by name')).toEqual(
      [
        { name: 'leadCaptured', n: 5 },
        { name: 'leadTouched', n: 2 },
      ],
    );
  });

  test('gives, row by row and in one chunk, what capturing one after the other gives', async () => {
    const lines = PEOPLE.filter((line) => !line.startsWith(','));
    const { counts } = await run([HEADER, ...lines].map((line) => `${line}\n`));
    const shape = () =>
      rowsOf(`select l.external_id, c.email_key, c.phone_key,
          (select count(*)::int from touches t where t.lead_id = l.id) as touches
        from leads l left join contacts c on c.id = l.contact_id order by 1`);
    const imported = await shape();
    await database.owner.query(
      'truncate leads, contacts, touches, waits, messages, audit_heads, audit_entries cascade',
    );
    let created = 0;
    const seen = new Set<string>();
    for (const line of lines) {
      const [externalId = '', , , , name = '', email = '', phone = ''] = line.split(',');
      // A row of the same id is the same row again to an import; sent by itself it would be another touch.
      if (externalId !== '' && seen.has(externalId)) continue;
      seen.add(externalId);
      const contact = { name, language: 'es' as const, ...(email && { email }), ...(phone && { phone }) };
      const capture = { source: { channel: 'website' }, externalId, contact };
      const one = await captureLead(database.app, { capture, actorId, messageId: newId('msg'), nowMs: NOW });
      if (one.created) created++;
    }
    expect(await shape()).toEqual(imported);
    expect(created).toBe(counts.created);
  });
});
