// Who among the rows of an import is known: asked of the database for a whole chunk at once, then judged row by
// row as capture does, the rows before included.
import type { CopyLines } from '../../db/copy.js';
import { accountsOfDomains, capturedBefore, knownPeople } from '../../db/imports.js';
import type { Queryable } from '../../db/pool.js';
import type { Capture, CaptureKeys, Known, WrittenCapture } from './leadRows.js';

export interface PreparedRow {
  readonly line: number;
  readonly capture: Capture;
  readonly keys: CaptureKeys;
  readonly captureHash: string;
  readonly at: Date;
  readonly actorId: string;
  readonly isBulk: boolean;
  readonly messageId: string;
  /** Its rows where nothing is known of it, written ahead of the database; most rows of most files. */
  readonly alone: { readonly rows: CopyLines; readonly written: WrittenCapture };
}

export const NOTHING_KNOWN: Known = { contact: null, open: null, closed: null, account: null };

interface Person {
  readonly id: string;
  readonly accountId: string | null;
  open: string | null;
  readonly closed: string | null;
}

export class KnownRows {
  readonly #captured = new Set<string>();
  readonly #byEmail = new Map<string, Person>();
  readonly #byPhone = new Map<string, Person[]>();
  readonly #accounts = new Map<string, string>();

  async load(db: Queryable, rows: readonly PreparedRow[]): Promise<void> {
    const externals = present(rows, (row) => row.capture.externalId).map(externalKey);
    const messages = rows.map((row) => row.messageId);
    const before = await capturedBefore(
      db,
      externals.map((key) => key.slice(1)),
      messages,
    );
    const asked = new Set(messages);
    for (const { key } of before) this.#captured.add(asked.has(key) ? key : externalKey(key));
    const emails = present(rows, (row) => row.keys.email);
    const phones = present(rows, (row) => row.keys.phone);
    if (emails.length + phones.length > 0) {
      for (const row of await knownPeople(db, emails, phones)) {
        if (row.email_key !== null && this.#byEmail.has(row.email_key)) continue; // A dry run knows it already.
        const { id, account_id: accountId, open, closed } = row;
        this.#add({ id, accountId, open, closed }, row.email_key, row.phone_key);
      }
    }
    const domains = present(rows, (row) => row.keys.domain);
    if (domains.length === 0) return;
    for (const row of await accountsOfDomains(db, domains)) this.#accounts.set(row.email_domain, row.id);
  }

  /** What is known of a row, or null where this very row was captured before and nothing is to be done. */
  find({ capture, keys, messageId }: PreparedRow): Known | null {
    if (this.#captured.has(messageId)) return null;
    if (capture.externalId !== undefined && this.#captured.has(externalKey(capture.externalId))) return null;
    const byEmail = keys.email === null ? undefined : this.#byEmail.get(keys.email);
    const byPhone = keys.phone === null ? [] : (this.#byPhone.get(keys.phone) ?? []);
    const person = keys.email === null ? byPhone[0] : byEmail;
    const same = byEmail ? [byEmail, ...byPhone] : byPhone;
    const account = (keys.domain === null ? undefined : this.#accounts.get(keys.domain)) ?? null;
    if (same.length === 0 && account === null) return NOTHING_KNOWN;
    const open = same.map((one) => one.open).filter((id) => id !== null);
    const closed = same.map((one) => one.closed).filter((id) => id !== null);
    return {
      contact: person ? { id: person.id, accountId: person.accountId } : null,
      open: open.sort()[0] ?? null,
      closed: closed.sort().at(-1) ?? null,
      account,
    };
  }

  /** Takes in what was just made of a row, for the rows after it. */
  learn({ capture, keys, messageId }: PreparedRow, known: Known, written: WrittenCapture): void {
    this.#captured.add(messageId);
    if (!written.created) return;
    if (capture.externalId !== undefined) this.#captured.add(externalKey(capture.externalId));
    if (written.contactId === null) return;
    const person = known.contact && this.#personOf(known.contact.id, keys);
    if (person) person.open ??= written.leadId;
    else {
      const { contactId: id, leadId: open } = written;
      this.#add({ id, accountId: null, open, closed: null }, keys.email, keys.phone);
    }
  }

  #personOf(id: string, { email, phone }: CaptureKeys): Person | undefined {
    const byPhone = phone === null ? [] : (this.#byPhone.get(phone) ?? []);
    const byEmail = email === null ? undefined : this.#byEmail.get(email);
    return byEmail?.id === id ? byEmail : byPhone.find((person) => person.id === id);
  }

  #add(person: Person, email: string | null, phone: string | null): void {
    if (email !== null) this.#byEmail.set(email, person);
    if (phone === null) return;
    const same = this.#byPhone.get(phone);
    if (!same) this.#byPhone.set(phone, [person]);
    else if (!same.some(({ id }) => id === person.id)) same.push(person);
  }
}

/** Told from message ids by its first character. */
const externalKey = (id: string): string => `=${id}`;

const present = <T>(rows: readonly T[], pick: (row: T) => string | null | undefined): string[] => {
  const found = new Set<string>();
  for (const row of rows) {
    const key = pick(row);
    if (key !== null && key !== undefined) found.add(key);
  }
  return [...found];
};
