// Capture: one transaction that finds out whether the lead is known, and stores it, its touch, its audit entry
// and the message that starts its workflow. It succeeds whether or not the engine is there.

import { appendAudit } from '../../db/audit.js';
import { newId } from '../../db/ids.js';
import { type Db, type Tx, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { type ClockSegment, instantAt } from '../../domain/calendar/clock.js';
import { DomainError } from '../../domain/errors.js';
import { dedupeKeys, normaliseDomain, normaliseEmail, normalisePhone } from '../../domain/leads/normalise.js';
import { factRow, hashOf, wakeRelay } from './messages.js';

export interface Capture {
  readonly source: {
    readonly channel: string;
    readonly campaign?: string;
    readonly medium?: string;
    readonly landingPage?: string;
    readonly referrer?: string;
  };
  readonly contact?: {
    readonly name?: string;
    readonly email?: string;
    readonly phone?: string;
    readonly company?: string;
    readonly country?: string;
    readonly language?: 'en' | 'es';
  };
  readonly interest?: string;
  readonly consent?: { readonly purpose: string; readonly granted: boolean; readonly source?: string };
  readonly externalId?: string;
  /** When it happened outside, ISO instant; the business clock's now where absent. */
  readonly occurredAt?: string;
}

export interface Captured {
  readonly leadId: string;
  readonly created: boolean;
}

interface Known {
  readonly clock: ClockSegment;
  readonly told: { lead_id: string; body_hash: string } | null;
  readonly external: string | null;
  readonly contact: { id: string; accountId: string | null } | null;
  readonly open: string | null;
  readonly closed: string | null;
  readonly account: string | null;
}

export async function captureLead(
  db: Db,
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
  const { contact, externalId } = capture;
  const email = normaliseEmail(contact?.email);
  const phone = normalisePhone(contact?.phone, contact?.country);
  const domain = normaliseDomain(contact?.email);
  const keys = [
    ...dedupeKeys(contact ?? {}).person,
    ...(externalId ? [`external:${externalId}`] : []),
  ].sort();
  // Two captures of one person wait for each other here; in one order, so that they never wait in a ring.
  await tx.query({
    name: 'lock_lead_keys',
    text: `select pg_advisory_xact_lock(hashtextextended(k, 0)) from unnest($1::text[]) with ordinality u(k, n)
      order by n`,
    values: [[messageId, ...keys]],
  });
  const known = await findKnown(tx, { messageId, externalId, email, phone, domain });
  const bodyHash = hashOf(capture).toString('hex');
  if (known.told) {
    if (known.told.body_hash === bodyHash) return { leadId: known.told.lead_id, created: false };
    throw new DomainError(
      'key_reused',
      'this Idempotency-Key was used with another request; choose a new one',
    );
  }
  if (known.external) return { leadId: known.external, created: false };
  const at = new Date(instantAt(known.clock, nowMs));
  const writes = new Writes();
  const leadId = known.open ?? newId('lead');
  const created = known.open === null;
  const contactId = created ? writeContact(writes, capture, known, { email, phone, domain, at }) : null;
  if (created) writeLead(writes, { capture, known, leadId, contactId, at, actorId, messageId });
  const touchId = newId('touch');
  writes.insert('touches', {
    id: touchId,
    lead_id: leadId,
    channel: capture.source.channel,
    source: withoutChannel(capture),
    interest: capture.interest ?? null,
    occurred_at: capture.occurredAt ? new Date(capture.occurredAt) : at,
  });
  if (capture.consent) writeConsent(writes, capture.consent, contactId ?? known.contact?.id, at);
  writes.insert('messages', {
    ...factRow({
      id: messageId,
      leadId,
      name: created ? 'leadCaptured' : 'leadTouched',
      actorId,
      body: { touchId, captured: bodyHash },
    }),
  });
  await writes.run(tx);
  await wakeRelay(tx);
  return { leadId, created };
}

async function findKnown(
  tx: Tx,
  keys: {
    messageId: string;
    externalId: string | undefined;
    email: string | null;
    phone: string | null;
    domain: string | null;
  },
): Promise<Known> {
  const { rows } = await tx.query<Known>({
    name: 'find_lead',
    text: `with person as (select id, account_id from contacts
        where (email_key = $3) or (phone_key = $4 and $3::text is null)
        order by (email_key = $3) desc nulls last, id limit 1)
      select
        (select jsonb_build_object('anchorMs', floor(extract(epoch from c.anchor_at) * 1000),
           'realAnchorMs', floor(extract(epoch from c.real_anchor_at) * 1000), 'secondsPerDay', c.seconds_per_day)
         from clock_segments c order by c.id desc limit 1) as clock,
        (select jsonb_build_object('lead_id', lead_id, 'body_hash', body ->> 'captured')
         from messages where id = $1) as told,
        (select id from leads where external_id = $2) as external,
        (select jsonb_build_object('id', id, 'accountId', account_id) from person) as contact,
        (select l.id from leads l join contacts c on c.id = l.contact_id
         where l.stage <> 'closed' and (c.email_key = $3 or c.phone_key = $4) order by l.id limit 1) as open,
        (select l.id from leads l join contacts c on c.id = l.contact_id
         where l.stage = 'closed' and (c.email_key = $3 or c.phone_key = $4) order by l.id desc limit 1) as closed,
        (select id from accounts where email_domain = $5 order by id limit 1) as account`,
    values: [keys.messageId, keys.externalId ?? null, keys.email, keys.phone, keys.domain],
  });
  return rows[0] as Known;
}

function writeContact(
  writes: Writes,
  { contact }: Capture,
  known: Known,
  keys: { email: string | null; phone: string | null; domain: string | null; at: Date },
): string | null {
  if (known.contact) return known.contact.id;
  if (!contact) return null;
  const id = newId('contact');
  writes.insert('contacts', {
    id,
    name: contact.name ?? null,
    email: contact.email ?? null,
    phone: contact.phone ?? null,
    company: contact.company ?? null,
    country: contact.country ?? null,
    language: contact.language ?? 'en',
    email_key: keys.email,
    phone_key: keys.phone,
    domain_key: keys.domain,
    created_at: keys.at,
  });
  return id;
}

function writeLead(
  writes: Writes,
  parts: {
    capture: Capture;
    known: Known;
    leadId: string;
    contactId: string | null;
    at: Date;
    actorId: string;
    messageId: string;
  },
): void {
  const { capture, known, leadId, contactId, at, actorId, messageId } = parts;
  writes.insert('leads', {
    id: leadId,
    revision: 1,
    stage: 'new',
    stage_since: at,
    account_id: known.contact?.accountId ?? null,
    suggested_account_id: known.account,
    contact_id: contactId,
    previous_lead_id: known.closed,
    channel: capture.source.channel,
    source: withoutChannel(capture),
    interest: capture.interest ?? null,
    external_id: capture.externalId ?? null,
    country: capture.contact?.country ?? null,
    score_reasons: [],
    pins: {},
    reopened: 0,
    nurture_rounds: 0,
    captured_at: at,
    occurred_at: capture.occurredAt ? new Date(capture.occurredAt) : null,
  });
  // The engine owes the next move until the workflow has scored the lead: visible if it is away.
  writes.insert('waits', {
    lead_id: leadId,
    kind: 'intake',
    subject: leadId,
    role: 'engine',
    since: at,
    until: at,
    level: 0,
    due_step: 'scoreLead',
  });
  appendAudit(writes, undefined, {
    subject: leadId,
    key: `capture/${messageId}`,
    action: 'captureLead',
    at,
    actor: actorId,
    revision: 1,
    to: 'new',
    detail: { channel: capture.source.channel },
  });
}

function writeConsent(
  writes: Writes,
  consent: NonNullable<Capture['consent']>,
  contactId: string | undefined | null,
  at: Date,
): void {
  if (!contactId)
    throw new DomainError('invalid_field', 'a consent needs a contact it is given by', '/consent');
  writes.insert('consents', {
    id: newId('consent'),
    contact_id: contactId,
    purpose: consent.purpose,
    granted: consent.granted,
    source: consent.source ?? null,
    occurred_at: at,
  });
}

const withoutChannel = ({ source }: Capture): object => {
  const { channel: _channel, ...rest } = source;
  return rest;
};
