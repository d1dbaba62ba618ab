// Reminding a customer of what is open, one letter a day, and giving up on it at last.
import type { InvoiceWriteOff } from '../contracts/decisions.js';
import { writeChargeBalances } from '../db/charges.js';
import {
  type Customer,
  cashActsOn,
  hasLetter,
  hasOpenTask,
  type ItemJson,
  lockItems,
  lockLetter,
} from '../db/collections.js';
import { newId } from '../db/ids.js';
import { lockInvoices, readInvoices } from '../db/invoices.js';
import { post } from '../db/ledger.js';
import type { Tx } from '../db/pool.js';
import { DEAL } from '../db/progress.js';
import { addDays } from '../domain/calendar/days.js';
import { startOfDayIn } from '../domain/calendar/zones.js';
import { sumOf } from '../domain/collections/charges.js';
import { nextReminder } from '../domain/collections/reminders.js';
import type { DunningAction } from '../domain/collections/types.js';
import { DomainError } from '../domain/errors.js';
import { postWriteOff } from '../domain/ledger/receivables.js';
import { refuseToxic } from '../domain/people/toxicPairs.js';
import type { DunningPolicy } from '../domain/policies/types.js';
import { type Invoice, invoiceOf, openOf, writeBalances, writeOffOpen } from './balances.js';
import { chargeLetter } from './chargeNotes.js';
import { writeOffCharge } from './charges.js';
import type { DealChange } from './dealChange.js';
import { itemOf, nextStepAt } from './dunning.js';
import { type DealJson, type DealState, moveOn, stateOf } from './progress.js';
import { makeStep, type StepDeps } from './step.js';

interface Collecting {
  deal: DealJson;
}
type Deal = DealChange<Collecting>;

const HOUR_MS = 3_600_000;

const LOAD = `jsonb_build_object('deal', ${DEAL})`;

export function makeCollectionSteps(deps: StepDeps) {
  return {
    sendReminder: makeStep<Collecting>(deps, { name: 'sendReminder', load: LOAD, judge: sendReminder }),
    writeOffInvoice: makeStep<Collecting>(deps, {
      name: 'writeOffInvoice',
      load: LOAD,
      judge: writeOffInvoice,
    }),
    escalateTask: makeStep<Collecting>(deps, { name: 'escalateTask', load: LOAD, judge: escalateTask }),
  };
}

async function sendReminder(deal: Deal, tx: Tx): Promise<void> {
  const state = stateOf(deal);
  const wait = deal.wait('payment', deal.call.subject);
  if (!wait) return;
  const { accountId, entityId, currency } = state.order;
  const customer = { accountId, entityId, currency };
  await lockLetter(tx, customer, state.today);
  const items = await lockItems(tx, customer);
  const mine = items.find(({ invoiceId }) => invoiceId === wait.subject);
  if (!mine) {
    // Paid, and the payment's own message is on its way: it ends this wait and earns commission on the cash.
    deal.move(wait, { until: startOfDayIn(state.order.zone, addDays(state.today, 1)) });
    return;
  }
  const policy = await deal.policy('dunning', mine.pins.dunning);
  const action = nextReminder(itemOf(mine), policy, state.today);
  const isDue = action !== null && action.on <= state.today;
  if (isDue && action.kind === 'write_off') {
    await writeOff(deal, tx, state, mine.invoiceId, 'dunning plan', null);
    moveOn(deal, state);
  } else if (isDue && action.kind === 'task') {
    deal.task('invoice_unpaid', mine.invoiceId, 'finance', { openMinor: mine.openMinor, level: mine.level });
    deal.end('payment', mine.invoiceId, 'void');
    const { taskHours } = await deal.policy('invoicing', state.order.pins.invoicing);
    const until = deal.atMs + taskHours * HOUR_MS;
    deal.begin('task', { subject: mine.invoiceId, until, level: mine.level });
  } else if (isDue && action.kind === 'reminder') await remind(deal, tx, state, customer, items, mine);
  else
    deal.move(wait, {
      until: nextStepAt(itemOf(mine), policy, state.today, state.order.zone),
      level: mine.level,
    });
}

interface Due {
  readonly item: ItemJson;
  readonly action: Extract<DunningAction, { kind: 'reminder' }>;
  readonly policy: DunningPolicy;
}

/** One letter for everything of this customer that is due today; the other leads find their level raised. */
async function remind(
  deal: Deal,
  tx: Tx,
  state: DealState,
  customer: Customer,
  items: readonly ItemJson[],
  mine: ItemJson,
): Promise<void> {
  const wait = deal.wait('payment', mine.invoiceId);
  if (!wait) return;
  if (await hasLetter(tx, customer, state.today)) {
    // Due only since today's letter went out (a bounce, cash released elsewhere): one letter a day.
    deal.move(wait, { until: startOfDayIn(state.order.zone, addDays(state.today, 1)) });
    return;
  }
  const due: Due[] = [];
  for (const item of items) {
    const policy = await deal.policy('dunning', item.pins.dunning);
    const action = nextReminder(itemOf(item), policy, state.today);
    if (action?.kind === 'reminder' && action.on <= state.today) due.push({ item, action, policy });
  }
  await deal.policy('notifications'); // Missing, it refuses before a number is taken: a refusal commits its answer.
  const letterId = newId('letter');
  deal.writes
    .insert('reminder_letters', {
      id: letterId,
      account_id: customer.accountId,
      entity_id: customer.entityId,
      currency: customer.currency,
      decided_on: state.today,
    })
    .insert(
      'reminders',
      ...due.map(({ item, action }) => ({
        invoice_id: item.invoiceId,
        level: action.level,
        letter_id: letterId,
        open_minor: BigInt(item.openMinor),
        decided_on: state.today,
      })),
    )
    .update(
      'invoices',
      ['id'],
      ...due.map(({ item, action }) => ({ id: item.invoiceId, dunning_level: action.level })),
    );
  await deal.mail('reminder', letterId);
  // Their own waits stand with the leads they belong to; what is of this lead is moved here at once.
  for (const { item, action, policy } of due) {
    const open = deal.wait('payment', item.invoiceId);
    if (item.leadId !== deal.lead.id || !open) continue;
    const raised = { ...itemOf(item), level: action.level, lastReminderOn: state.today };
    const until = nextStepAt(raised, policy, state.today, state.order.zone);
    deal.move(open, { until, level: action.level });
  }
  const chargeNotes = await chargeLetter(deal, tx, {
    letterId,
    customer,
    today: state.today,
    items: due.map(({ item, action: { level, feeMinor }, policy }) => ({
      invoiceId: item.invoiceId,
      leadId: item.leadId,
      item: itemOf(item),
      level,
      feeMinor,
      policy,
      pins: { dunning: item.pins.dunning ?? deal.versions.dunning },
    })),
  });
  deal.detail = { letterId, invoices: due.map(({ item }) => item.invoiceId), chargeNotes };
}

async function writeOffInvoice(deal: Deal, tx: Tx): Promise<void> {
  const { invoiceId, reason } = deal.body as InvoiceWriteOff;
  const state = stateOf(deal);
  await lockInvoices(tx, [invoiceId]);
  const on = state.today;
  const done = await cashActsOn(tx, invoiceId);
  refuseToxic(
    { act: 'writeOffInvoice', personId: deal.actor.id, recordId: invoiceId, on },
    done.map((one) => ({ ...one, recordId: invoiceId, on })),
    `${deal.actor.id} recorded a payment on ${invoiceId} or its charge notes, or put one there, and may not write it off`,
  );
  await writeOff(deal, tx, state, invoiceId, reason, deal.actor.id);
  moveOn(deal, state);
}

async function writeOff(
  deal: Deal,
  tx: Tx,
  state: DealState,
  invoiceId: string,
  reason: string,
  decidedBy: string | null,
): Promise<void> {
  const [row] = await readInvoices(tx, [invoiceId]);
  if (row?.leadId !== deal.lead.id) {
    throw new DomainError('not_found', `lead ${deal.lead.id} has no invoice ${invoiceId}`, '/invoiceId');
  }
  const invoice = invoiceOf(row);
  if (openOf(invoice) <= 0n) {
    throw new DomainError('nothing_open', `nothing is open on invoice ${invoice.number}`, '/invoiceId');
  }
  const amountMinor = writeOffOpen(invoice);
  const id = newId('writeoff');
  deal.writes.insert('write_offs', {
    id,
    invoice_id: invoiceId,
    lead_id: deal.lead.id,
    amount_minor: amountMinor,
    written_off_on: state.today,
    reason,
    decided_by: decidedBy,
  });
  writeBalances(deal.writes, [invoice]);
  post(deal.writes, {
    businessKey: `write-off/${id}`,
    kind: 'write_off',
    entityId: invoice.entityId,
    leadId: deal.lead.id,
    postedOn: state.today,
    currency: invoice.currency,
    lines: postWriteOff({ customer: invoice.accountId, grossMinor: amountMinor, taxReliefMinor: 0n }),
  });
  const chargeNotes = writeOffCharges(deal, invoice, state.today, reason, decidedBy);
  state.openInvoices.delete(invoiceId);
  state.writtenOffMinor += amountMinor;
  deal.end('payment', invoiceId, 'void').end('task', invoiceId, 'void');
  deal.detail = { invoiceId, amountMinor, chargeNotes };
}

/** Fees and interest of a debt that is given up go with it; money that comes later is a recovery of both. */
function writeOffCharges(
  deal: Deal,
  invoice: Invoice,
  today: string,
  reason: string,
  decidedBy: string | null,
): string[] {
  const given = invoice.charges
    .map((charge) => ({ id: newId('writeoff'), charge, parts: writeOffCharge(charge) }))
    .filter(({ parts }) => sumOf(parts) > 0n);
  deal.writes.insert(
    'charge_write_offs',
    ...given.map(({ id, charge, parts }) => ({
      id,
      charge_note_id: charge.chargeNoteId,
      fee_minor: parts.feeMinor,
      interest_minor: parts.interestMinor,
      written_off_on: today,
      reason,
      decided_by: decidedBy,
    })),
  );
  writeChargeBalances(
    deal.writes,
    given.map(({ charge }) => charge),
  );
  const { accountId: customer, entityId, currency } = invoice;
  post(
    deal.writes,
    ...given.map(({ id, parts }) => ({
      businessKey: `charge-write-off/${id}`,
      kind: 'charge_write_off',
      entityId,
      leadId: deal.lead.id,
      postedOn: today,
      currency,
      lines: postWriteOff({ customer, grossMinor: sumOf(parts), taxReliefMinor: 0n }),
    })),
  );
  return given.map(({ charge }) => charge.chargeNoteId);
}

/** Nobody has decided: the task is opened again if it was closed without an effect, and told once more. */
async function escalateTask(deal: Deal, tx: Tx): Promise<void> {
  const state = stateOf(deal);
  const wait = deal.wait('task', deal.call.subject);
  if (!wait) return;
  if (!state.openInvoices.has(wait.subject)) deal.end('task', wait.subject);
  else {
    const policy = await deal.policy('dunning', state.order.pins.dunning);
    const isOpen = await hasOpenTask(tx, 'invoice_unpaid', wait.subject);
    const reason = { escalated: wait.level + 1, reopened: !isOpen };
    deal.task(isOpen ? 'task_overdue' : 'invoice_unpaid', wait.subject, 'finance', reason);
    const until = startOfDayIn(state.order.zone, addDays(state.today, policy.business.minGapDays));
    deal.move(wait, { until, level: wait.level + 1 });
  }
  moveOn(deal, state);
}
