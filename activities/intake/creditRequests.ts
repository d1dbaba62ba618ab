// A credit note takes two persons: one asks, which opens a task with the whole effect worked out; another
// approves the task, which sends the decision. Nothing is credited here: the step of creditInvoice does that.
import { EARNINGS } from '../../db/commissions.js';
import { readInvoices } from '../../db/invoices.js';
import type { PolicyStore } from '../../db/policies.js';
import type { Tx } from '../../db/pool.js';
import { clawBack } from '../../domain/commissions/clawBack.js';
import { earn } from '../../domain/commissions/earn.js';
import type { CommissionLine, EarningEvent } from '../../domain/commissions/types.js';
import { DomainError } from '../../domain/errors.js';
import {
  type CreditDraft,
  type CreditEffect,
  creditNote,
  creditWhole,
  effectOfCredit,
} from '../../domain/invoices/credits.js';
import { type Invoice, invoiceOf, lineOf, moveOnto, openOf, takeOff } from '../balances.js';
import type { EarningsJson } from '../earnings.js';
import { exact } from '../progress.js';
import type { By } from './masterData.js';
import { CREDIT_REQUEST, openRequest } from './requests.js';

export interface CreditQuestion {
  readonly invoiceId: string;
  /** Absent: everything that is left of the invoice. */
  readonly lines?: readonly { readonly invoiceLineId: string; readonly netMinor: bigint }[];
  /** Day of the business, on which commission would be taken back. */
  readonly today: string;
}

export interface WholeEffect {
  readonly leadId: string;
  readonly currency: string;
  readonly openBeforeMinor: bigint;
  readonly openAfterMinor: bigint;
  readonly draft: CreditDraft;
  readonly effect: CreditEffect;
  /** What is taken from each payee, below 0, or given. */
  readonly commissions: readonly { readonly payeeId: string; readonly amountMinor: bigint }[];
}

/**
 * Works out everything a credit note would change and changes nothing. Refuses `not_found` (a credit note has
 * no credit note either) and what the rules of credits refuse.
 */
export async function effectOfRequest(
  tx: Tx,
  policies: PolicyStore,
  { invoiceId, lines, today }: CreditQuestion,
): Promise<WholeEffect> {
  const [row] = await readInvoices(tx, [invoiceId]);
  if (row === undefined) throw new DomainError('not_found', `there is no invoice ${invoiceId}`);
  const invoice = invoiceOf(row);
  const openBeforeMinor = openOf(invoice);
  const asked = lines?.map(({ invoiceLineId, netMinor }) => ({ lineId: invoiceLineId, netMinor }));
  const draft = asked ? creditNote(invoice.lines, asked) : creditWhole(invoice.lines);
  const effect = effectOfCredit(invoice.lines, draft, invoice.standing);
  for (const { lineId, netMinor, taxMinor } of draft.lines) {
    const line = lineOf(invoice, lineId);
    line.creditedNetMinor += netMinor;
    line.creditedTaxMinor += taxMinor;
  }
  for (const { lineId, amountMinor, toLines } of effect.releases) {
    takeOff(invoice, [{ lineId, amountMinor }], false);
    moveOnto(invoice, toLines);
  }
  const commissions = await commissionsAfter(tx, policies, invoice, effect, today);
  const { leadId, currency } = invoice;
  return { leadId, currency, openBeforeMinor, openAfterMinor: openOf(invoice), draft, effect, commissions };
}

/** The invoice's lines as they would stand: too much booked is taken back, cash that moved earns where it went. */
async function commissionsAfter(
  tx: Tx,
  policies: PolicyStore,
  invoice: Invoice,
  { releases }: CreditEffect,
  today: string,
): Promise<WholeEffect['commissions']> {
  const { rows } = await tx.query<{ earnings: EarningsJson }>({
    name: 'earnings_of_lead',
    text: `select jsonb_build_object(${EARNINGS}) as earnings`,
    values: [invoice.leadId],
  });
  const { booked: json, credits, lines } = (rows[0] as (typeof rows)[number]).earnings;
  const families = lines as readonly { readonly lineId: string; readonly family: string }[];
  const version = credits[0]?.planVersion;
  if (version === undefined) return [];
  const policy = await policies.get(tx, 'commission', version);
  const booked = exact<CommissionLine[]>(json);
  const movedTo = new Set(releases.flatMap(({ toLines }) => toLines.map(({ lineId }) => lineId)));
  const events = invoice.lines.map(
    (line): EarningEvent => ({
      eventLineId: 'credit',
      invoiceLineId: line.lineId,
      family: families.find(({ lineId }) => lineId === line.lineId)?.family ?? '',
      currency: invoice.currency,
      netMinor: line.netMinor - line.creditedNetMinor,
      grossMinor: line.grossMinor - line.creditedNetMinor - line.creditedTaxMinor,
      paidMinor: line.allocatedMinor,
      earnOn: today,
    }),
  );
  const takenBack = events.flatMap((event) => clawBack(event, booked, credits));
  const moved = events.filter(({ invoiceLineId }) => movedTo.has(invoiceLineId));
  const earned = earn(moved, [...booked, ...takenBack], credits, { version, policy });
  const byPayee = new Map<string, bigint>();
  for (const { payeeId, amountMinor } of [...takenBack, ...earned]) {
    byPayee.set(payeeId, (byPayee.get(payeeId) ?? 0n) + amountMinor);
  }
  return [...byPayee].map(([payeeId, amountMinor]) => ({ payeeId, amountMinor }));
}

/** Opens the task. `already_exists` while another request for the invoice is open. */
export async function requestCredit(
  tx: Tx,
  by: By,
  request: CreditQuestion & { readonly leadId: string; readonly reason: string },
): Promise<string> {
  const { invoiceId, leadId, reason, lines } = request;
  return openRequest(tx, by, {
    kind: CREDIT_REQUEST,
    leadId,
    subject: invoiceId,
    asked: {
      invoiceId,
      reason,
      ...(lines && { lines: lines.map((line) => ({ ...line, netMinor: line.netMinor.toString() })) }),
    },
  });
}
