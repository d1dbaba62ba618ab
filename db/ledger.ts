// Postings as rows: append-only, once per business key; the database holds each transaction at zero.
import type { PostingLine } from '../domain/ledger/accounts.js';
import { newId } from './ids.js';
import type { Tables } from './tables.js';
import type { Writes } from './writes.js';

export interface Posting {
  /** What happened, once for ever: `invoice/<id>`, `payment/<id>`. */
  readonly businessKey: string;
  readonly kind: string;
  readonly entityId: string;
  readonly leadId: string | null;
  readonly postedOn: string;
  readonly currency: string;
  readonly lines: readonly PostingLine[];
}

/** Adds transactions and their entries to the writes; an event of nothing posts nothing. */
export function post(writes: Writes, ...postings: readonly Posting[]): void {
  const transactions: Partial<Tables['ledger_transactions']>[] = [];
  const entries: Partial<Tables['ledger_entries']>[] = [];
  for (const { businessKey, kind, entityId, leadId, postedOn, currency, lines } of postings) {
    if (lines.length === 0) continue;
    const id = newId('ledger');
    transactions.push({
      id,
      business_key: businessKey,
      kind,
      entity_id: entityId,
      lead_id: leadId,
      posted_on: postedOn,
    });
    for (const [index, { account, amountMinor, party }] of lines.entries()) {
      entries.push({
        transaction_id: id,
        line: index + 1,
        account,
        currency,
        amount_minor: amountMinor,
        party: party ?? null,
      });
    }
  }
  writes.insert('ledger_transactions', ...transactions);
  writes.insert('ledger_entries', ...entries);
}
