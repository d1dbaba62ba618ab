// What a captured lead consists of, as rows: the same for one call and for a file of many. Looking up what is
// known and writing the rows are the caller's.
import { beginAudit } from '../../db/audit.js';
import { newId } from '../../db/ids.js';
import type { RowSink } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { type CustomerLanguage, languageOf } from '../../domain/leads/language.js';
import { normaliseDomain, normaliseEmail, normalisePhone } from '../../domain/leads/normalise.js';
import { factRow } from './messages.js';

export interface Capture {
  readonly source: {
    readonly channel: string;
    /** The word the source file had for it, as it stood there. */
    readonly origin?: string;
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
  /** The day it was won according to the file it came from; told in reports, decides nothing. */
  readonly sourceWonOn?: string;
}

/** Normalised, null where there is none: what makes two captures one person or one company. */
export interface CaptureKeys {
  readonly email: string | null;
  readonly phone: string | null;
  readonly domain: string | null;
}

export function captureKeys({ contact }: Capture): CaptureKeys {
  return {
    email: normaliseEmail(contact?.email),
    phone: normalisePhone(contact?.phone, contact?.country),
    domain: normaliseDomain(contact?.email),
  };
}

/** What the database knows of a capture's keys; `open` and `closed` are leads of the same person. */
export interface Known {
  readonly contact: { readonly id: string; readonly accountId: string | null } | null;
  readonly open: string | null;
  readonly closed: string | null;
  readonly account: string | null;
  /** Of the notifications policy, for a contact of whom not even the country is known. */
  readonly defaultLanguage?: CustomerLanguage | null;
}

export interface CaptureWrite {
  readonly capture: Capture;
  readonly keys: CaptureKeys;
  readonly known: Known;
  /** Business instant. */
  readonly at: Date;
  readonly actorId: string;
  readonly messageId: string;
  /** One of many: the relay tells it after a delivery or payment of today, and those that have to be told again. */
  readonly isBulk?: boolean;
  /** Hash of what the caller sent: it tells a repetition from another capture under the same id. */
  readonly captureHash: string;
}

export interface WrittenCapture {
  readonly leadId: string;
  readonly contactId: string | null;
  readonly created: boolean;
}

/** Writes a new lead, or a touch on the open lead of the same person, with the message that tells its workflow. */
export function writeCapture(writes: RowSink, write: CaptureWrite): WrittenCapture {
  const { capture, known, at, actorId, messageId, captureHash, isBulk = false } = write;
  const leadId = known.open ?? newId('lead');
  const created = known.open === null;
  const contactId = created ? writeContact(writes, write) : null;
  if (created) writeLead(writes, write, leadId, contactId);
  const touchId = newId('touch');
  writes.insert('touches', {
    id: touchId,
    lead_id: leadId,
    channel: capture.source.channel,
    source: withoutChannel(capture),
    interest: capture.interest ?? null,
    occurred_at: occurredAt(capture) ?? at,
  });
  if (capture.consent) writeConsent(writes, capture.consent, contactId ?? known.contact?.id, at);
  const name = created ? 'leadCaptured' : 'leadTouched';
  const body = { touchId, captured: captureHash };
  const message = factRow({ id: messageId, leadId, name, actorId, body });
  writes.insert('messages', { ...message, bulk: isBulk });
  return { leadId, contactId, created };
}

function writeContact(
  writes: RowSink,
  { capture: { contact }, keys, known, at }: CaptureWrite,
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
    language: languageFor(contact, known),
    email_key: keys.email,
    phone_key: keys.phone,
    domain_key: keys.domain,
    created_at: at,
  });
  return id;
}

const languageFor = (
  { language, country }: NonNullable<Capture['contact']>,
  { defaultLanguage }: Known,
): CustomerLanguage => language ?? (country ? languageOf(country) : (defaultLanguage ?? 'en'));

function writeLead(
  writes: RowSink,
  { capture, known, at, actorId, messageId }: CaptureWrite,
  leadId: string,
  contactId: string | null,
): void {
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
    occurred_at: occurredAt(capture),
    source_won_on: capture.sourceWonOn ?? null,
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
  beginAudit(writes, {
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
  writes: RowSink,
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

const occurredAt = ({ occurredAt }: Capture): Date | null => (occurredAt ? new Date(occurredAt) : null);

const withoutChannel = ({ source }: Capture): object => {
  const { channel: _channel, ...rest } = source;
  return rest;
};
