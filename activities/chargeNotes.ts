// Charge notes of a reminder's letter: numbered, posted, linked to the invoices they are charged for. Which
// fees and how much interest is domain/collections/charges.ts.
import { type PrincipalJson, readPrincipals } from '../db/charges.js';
import type { Customer } from '../db/collections.js';
import { newId } from '../db/ids.js';
import { post } from '../db/ledger.js';
import { nextNumber } from '../db/numbers.js';
import type { Tx } from '../db/pool.js';
import { chargesOfLetter } from '../domain/collections/charges.js';
import type { LatePrincipal } from '../domain/collections/interest.js';
import type { DunnableItem } from '../domain/collections/types.js';
import { postChargeNote } from '../domain/ledger/receivables.js';
import type { DunningPolicy } from '../domain/policies/types.js';
import type { DealChange } from './dealChange.js';
import { exact } from './progress.js';

export interface ChargedLetter {
  readonly letterId: string;
  readonly customer: Customer;
  readonly today: string;
  readonly items: readonly {
    readonly invoiceId: string;
    readonly leadId: string;
    readonly item: DunnableItem;
    readonly level: number;
    readonly feeMinor: bigint;
    readonly policy: DunningPolicy;
    readonly pins: object;
  }[];
}

/** Issues the charge notes of a letter under the locks of its invoices; numbers are locked last. Returns ids. */
export async function chargeLetter<L>(
  deal: DealChange<L>,
  tx: Tx,
  { letterId, customer, today, items }: ChargedLetter,
): Promise<string[]> {
  const principals = await readPrincipals(
    tx,
    items.map(({ invoiceId }) => invoiceId),
  );
  const drafts = chargesOfLetter(
    items.map((reminded) => {
      const principal = principals.find(({ invoiceId }) => invoiceId === reminded.invoiceId) as PrincipalJson;
      const { flatCharged } = principal;
      return { ...reminded, flatCharged, principal: principalOf(principal, reminded.item.dueOn) };
    }),
    today,
  );
  if (drafts.length === 0) return [];
  const { series } = await deal.policy('invoicing');
  const { accountId, entityId, currency } = customer;
  const notes = [];
  for (const draft of drafts) {
    const number = await nextNumber(tx, entityId, 'charge_note', today, series.chargeNote);
    const { leadId, pins } = items.find(
      ({ invoiceId }) => invoiceId === draft.invoiceId,
    ) as (typeof items)[0];
    notes.push({ ...draft, ...number, id: newId('charge'), leadId, pins });
  }
  deal.writes
    .insert(
      'charge_notes',
      ...notes.map((note) => ({
        id: note.id,
        entity_id: entityId,
        series: 'charge_note',
        seq: note.seq,
        number: note.number,
        invoice_id: note.invoiceId,
        lead_id: note.leadId,
        account_id: accountId,
        letter_id: letterId,
        currency,
        level: note.level,
        issued_on: note.issuedOn,
        issued_at: deal.at,
        due_on: note.issuedOn,
        fee_minor: note.feeMinor,
        interest_minor: note.interestMinor,
        interest_from_on: note.interestFromOn,
        interest_until_on: note.interestUntilOn,
        pins: note.pins,
      })),
    )
    .insert(
      'charge_note_lines',
      ...notes.flatMap(({ id, invoiceId, lines }) =>
        lines.map(({ kind, amountMinor, periods }, index) => ({
          charge_note_id: id,
          position: index + 1,
          invoice_id: invoiceId,
          letter_id: letterId,
          kind,
          amount_minor: amountMinor,
          periods,
        })),
      ),
    );
  post(
    deal.writes,
    ...notes.map(({ id, leadId, issuedOn, feeMinor, interestMinor }) => ({
      businessKey: `charge-note/${id}`,
      kind: 'charge_note',
      entityId,
      leadId,
      postedOn: issuedOn,
      currency,
      lines: postChargeNote({ customer: accountId, feeMinor, interestMinor }),
    })),
  );
  return notes.map(({ id }) => id);
}

/** The principal open at the end of the due day, and what changed it since. Nothing can be disputed yet. */
function principalOf(json: PrincipalJson, dueOn: string): LatePrincipal {
  const { grossMinor, changes, chargedUntilOn } = exact<{
    grossMinor: bigint;
    changes: { on: string; changeMinor: bigint }[];
    chargedUntilOn: string | null;
  }>(json);
  const openMinor = changes
    .filter(({ on }) => on <= dueOn)
    .reduce((sum, { changeMinor }) => sum + changeMinor, grossMinor);
  return { dueOn, openMinor, changes: changes.filter(({ on }) => on > dueOn), disputed: [], chargedUntilOn };
}
