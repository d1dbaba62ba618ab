// A charge note waived: what is open of it is taken back in one transaction. No workflow decides it, because no
// stage of a lead depends on a charge note and most leads are closed by then.
import { appendAudit } from '../../db/audit.js';
import { lockChains } from '../../db/chains.js';
import { cashActsOnCharge, invoicesOfCharges, writeChargeBalances } from '../../db/charges.js';
import { entityById } from '../../db/entities.js';
import { newId } from '../../db/ids.js';
import { lockInvoices, readInvoices } from '../../db/invoices.js';
import { post } from '../../db/ledger.js';
import { type DbOrTx, type Tx, withTransaction } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { dateIn } from '../../domain/calendar/zones.js';
import { sumOf } from '../../domain/collections/charges.js';
import type { ChargeParts } from '../../domain/collections/types.js';
import { DomainError } from '../../domain/errors.js';
import { postChargeWaived } from '../../domain/ledger/receivables.js';
import { refuseToxic } from '../../domain/people/toxicPairs.js';
import { invoiceOf } from '../balances.js';
import { waiveOpen } from '../charges.js';
import { chargeAmong } from './charged.js';

export interface WaiverInput {
  readonly chargeNoteId: string;
  readonly actorId: string;
  readonly reason: string;
  /** The same id with the same reason is the waiver that is there. */
  readonly messageId: string;
  /** Business instant (epoch ms). */
  readonly at: number;
}

export interface Waived {
  readonly waiverId: string;
  readonly chargeNoteId: string;
  /** What was open and is waived; what was paid before stays paid. */
  readonly parts: ChargeParts;
  /** False when the same waiver was made before. */
  readonly created: boolean;
}

/**
 * Waives what is open of a charge note: fee_income, interest_income / receivable. Refuses `not_found`,
 * `nothing_open`, `conflicting_duties` (whoever recorded a payment on it) and `key_reused`.
 */
export function waiveCharge({ db }: { readonly db: DbOrTx }, input: WaiverInput): Promise<Waived> {
  const { chargeNoteId, actorId, reason, messageId, at } = input;
  return withTransaction(db, async (tx) => {
    const invoiceId = (await invoicesOfCharges(tx, [chargeNoteId])).get(chargeNoteId);
    if (invoiceId === undefined)
      throw new DomainError('not_found', `there is no charge note ${chargeNoteId}`);
    await lockInvoices(tx, [invoiceId]);
    const known = await waivedBefore(tx, input);
    if (known) return known;
    const { invoice, charge } = chargeAmong(
      (await readInvoices(tx, [invoiceId])).map(invoiceOf),
      chargeNoteId,
    );
    const today = dateIn((await entityById(tx, invoice.entityId))?.zone ?? 'UTC', at);
    // Forgiving a debt is one duty, whether it is written off or waived.
    refuseToxic(
      { act: 'writeOffInvoice', personId: actorId, recordId: chargeNoteId, on: today },
      (await cashActsOnCharge(tx, chargeNoteId)).map((done) => {
        return { ...done, recordId: chargeNoteId, on: today };
      }),
      `${actorId} recorded a payment on ${chargeNoteId}, or put one there, and may not waive it`,
    );
    const parts = waiveOpen(charge);
    if (sumOf(parts) === 0n) {
      throw new DomainError('nothing_open', `nothing is open on charge note ${charge.number}`);
    }
    const waiverId = newId('waiver');
    const writes = new Writes().insert('charge_waivers', {
      id: waiverId,
      charge_note_id: chargeNoteId,
      fee_minor: parts.feeMinor,
      interest_minor: parts.interestMinor,
      waived_on: today,
      reason,
      decided_by: actorId,
    });
    writeChargeBalances(writes, [charge]);
    post(writes, {
      businessKey: `charge-waiver/${waiverId}`,
      kind: 'charge_waived',
      entityId: invoice.entityId,
      leadId: invoice.leadId,
      postedOn: today,
      currency: invoice.currency,
      lines: postChargeWaived({ customer: invoice.accountId, ...parts }),
    });
    const chains = await lockChains(tx, [chargeNoteId]);
    appendAudit(writes, chains.get(chargeNoteId), {
      subject: chargeNoteId,
      key: messageId,
      action: 'waiveCharge',
      at: new Date(at),
      actor: actorId,
      detail: { waiverId, feeMinor: parts.feeMinor, interestMinor: parts.interestMinor },
    });
    await writes.run(tx);
    return { waiverId, chargeNoteId, parts, created: true };
  });
}

async function waivedBefore(
  tx: Tx,
  { chargeNoteId, messageId, reason }: WaiverInput,
): Promise<Waived | undefined> {
  const { rows } = await tx.query<ChargeParts & { waiverId: string; reason: string }>({
    name: 'waived_before',
    text: `select w.id as "waiverId", w.reason, w.fee_minor as "feeMinor", w.interest_minor as "interestMinor"
      from audit_entries e join charge_waivers w on w.id = e.entry::jsonb #>> '{detail,waiverId}'
      where e.subject = $1 and e.key = $2`,
    values: [chargeNoteId, messageId],
  });
  const [row] = rows;
  if (!row) return undefined;
  if (row.reason !== reason) {
    throw new DomainError('key_reused', `${messageId} stands for another waiver of ${chargeNoteId}`);
  }
  const { waiverId, feeMinor, interestMinor } = row;
  return { waiverId, chargeNoteId, parts: { feeMinor, interestMinor }, created: false };
}
