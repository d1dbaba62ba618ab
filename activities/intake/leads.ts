// Capture: one transaction that finds out whether the lead is known, and stores it, its touch, its audit entry
// and the message that starts its workflow. It succeeds whether or not the engine is there.

import { INTAKE_LOCK } from '../../db/imports.js';
import { type DbOrTx, type Tx, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { type ClockSegment, instantAt } from '../../domain/calendar/clock.js';
import { DomainError } from '../../domain/errors.js';
import { type Capture, type CaptureKeys, captureKeys, type Known, writeCapture } from './leadRows.js';
import { hashOf, wakeRelay } from './messages.js';

export type { Capture } from './leadRows.js';

export interface Captured {
  readonly leadId: string;
  readonly created: boolean;
}

interface Found extends Known {
  readonly clock: ClockSegment;
  readonly told: { lead_id: string; body_hash: string; name: string } | null;
  readonly external: { id: string; contactId: string | null } | null;
}

/** Captures in a transaction of its own, or as part of the one it is given. */
export async function captureLead(
  db: DbOrTx,
  input: {
    readonly capture: Capture;
    readonly actorId: string;
    readonly messageId: string;
    readonly nowMs: number;
  },
): Promise<Captured> {
  const captured = await withTransaction(db, (tx) => capture(tx, input));
  return captured;
}

async function capture(
  tx: Tx,
  { capture, actorId, messageId, nowMs }: Parameters<typeof captureLead>[1],
): Promise<Captured> {
  const { externalId } = capture;
  const keys = captureKeys(capture);
  const locks = [
    keys.email && `email:${keys.email}`,
    keys.phone && `phone:${keys.phone}`,
    externalId && `external:${externalId}`,
  ];
  // Two captures of one person wait for each other here; in one order, so that they never wait in a ring.
  // An import takes the intake lock alone, because locks on all its keys would fill the lock table.
  await tx.query({
    name: 'lock_lead_keys',
    text: `select pg_advisory_xact_lock_shared(${INTAKE_LOCK}), pg_advisory_xact_lock(hashtextextended(k, 0))
      from unnest($1::text[]) with ordinality u(k, n) order by n`,
    values: [[messageId, ...locks.filter((key) => key).sort()]],
  });
  const found = await findKnown(tx, { messageId, externalId, keys });
  const captureHash = hashOf(capture).toString('hex');
  if (found.told) {
    if (found.told.body_hash === captureHash) {
      // The same answer as the first time: it was this message that made the lead, or a touch on it.
      return { leadId: found.told.lead_id, created: found.told.name === 'leadCaptured' };
    }
    throw new DomainError(
      'key_reused',
      'this Idempotency-Key was used with another request; choose a new one',
    );
  }
  const at = new Date(instantAt(found.clock, nowMs));
  const writes = new Writes();
  const { leadId, created } = writeCapture(writes, {
    capture,
    keys,
    known: found.external ? knownBy(found, found.external) : found,
    at,
    actorId,
    messageId,
    captureHash,
  });
  await writes.run(tx);
  await wakeRelay(tx);
  return { leadId, created };
}

/** Whoever sends a lead under an id it has sent before means that lead, whatever else it says of the person. */
const knownBy = (found: Known, { id, contactId }: NonNullable<Found['external']>): Known => ({
  ...found,
  open: id,
  contact: contactId === null ? found.contact : { id: contactId, accountId: null },
});

async function findKnown(
  tx: Tx,
  { messageId, externalId, keys }: { messageId: string; externalId: string | undefined; keys: CaptureKeys },
): Promise<Found> {
  const { rows } = await tx.query<Found>({
    name: 'find_lead',
    // Two lookups by index: an OR over both keys would read every contact there is, for each capture.
    text: `with same as materialized (select id, account_id, true as by_email from contacts where email_key = $3
        union all select id, account_id, false from contacts where phone_key = $4),
      known as materialized (select l.id, l.stage from leads l where l.contact_id in (select id from same)),
      person as (select id, account_id from same where by_email or $3::text is null
        order by by_email desc, id limit 1)
      select
        (select jsonb_build_object('anchorMs', floor(extract(epoch from c.anchor_at) * 1000),
           'realAnchorMs', floor(extract(epoch from c.real_anchor_at) * 1000), 'secondsPerDay', c.seconds_per_day)
         from clock_segments c order by c.id desc limit 1) as clock,
        (select jsonb_build_object('lead_id', lead_id, 'body_hash', body ->> 'captured', 'name', name)
         from messages where id = $1) as told,
        (select jsonb_build_object('id', id, 'contactId', contact_id) from leads where external_id = $2) as external,
        (select jsonb_build_object('id', id, 'accountId', account_id) from person) as contact,
        (select id from known where stage <> 'closed' order by id limit 1) as open,
        (select id from known where stage = 'closed' order by id desc limit 1) as closed,
        (select id from accounts where email_domain = $5 order by id limit 1) as account,
        (select body ->> 'defaultLanguage' from policies where kind = 'notifications'
          order by version desc limit 1) as "defaultLanguage"`,
    values: [messageId, externalId ?? null, keys.email, keys.phone, keys.domain],
  });
  return rows[0] as Found;
}
