// Invoices: what is open, what became of it, and the two ways to give up on it.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { effectOfRequest, requestCredit, type WholeEffect } from '../../activities/intake/creditRequests.js';
import {
  type CreditEffectView,
  CreditRequestView,
  INVOICE_KINDS,
  InvoiceSummary,
  InvoiceView,
  NewCreditNote,
  WriteOff,
  WriteOffEffect,
} from '../../contracts/invoices.js';
import { minorOf, wireMoney } from '../../contracts/money.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { invoiceById, invoiceSummary, listInvoices, STATUS_FILTERS } from '../../db/invoiceViews.js';
import { DomainError } from '../../domain/errors.js';
import { byActor } from '../auth/actor.js';
import { answerDecision, pendingResponse } from '../decisions.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['invoices'];
const Params = Type.Object({ id: Id('inv', 'Id of an invoice') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  lead: Type.Optional(Id('lead')),
  account: Type.Optional(Id('account')),
  order: Type.Optional(Id('order')),
  kind: Type.Optional(Type.Enum([...INVOICE_KINDS])),
  number: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
  status: Type.Optional(
    Type.Enum([...STATUS_FILTERS], { description: '`open`: something is open, `overdue` ones included' }),
  ),
});

async function invoiceOf({ db, clock }: RouteDeps, id: string): Promise<InvoiceView> {
  const invoice = await invoiceById(db, id, clock.now());
  if (invoice === undefined) throw new DomainError('not_found', `there is no invoice ${id}`);
  return invoice;
}

export async function invoiceRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db, clock } = deps;
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/invoices',
    {
      config: { permit: ['read', 'invoices'] },
      schema: {
        tags,
        summary: 'Invoices and credit notes, the newest first',
        querystring: Query,
        response: { 200: PageOf(InvoiceSummary), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('invoices', query);
      const rows = await listInvoices(db, page, query, clock.now());
      return pageAnswer('invoices', page, rows, invoiceSummary, ({ id }) => ({ value: id, id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/invoices/:id',
    {
      config: { permit: ['read', 'invoices'] },
      schema: {
        tags,
        summary: 'One invoice with its lines, cash, credit notes, charge notes and reminders',
        params: Params,
        response: { 200: InvoiceView, ...refusals('not_found') },
      },
    },
    ({ params }) => invoiceOf(deps, params.id),
  );
  addWriteOff(app, deps);
  addCreditNotes(app, deps);
}

function addWriteOff(app: FastifyInstance, deps: RouteDeps): void {
  app.post<{ Params: Params; Body: WriteOff }>(
    '/v1/invoices/:id/write-off',
    {
      config: { permit: ['writeOffInvoice', 'invoices'] },
      schema: {
        tags,
        summary: 'Write off what is open; never by whoever recorded a payment on it',
        headers: idempotencyHeader,
        params: Params,
        body: WriteOff,
        response: {
          200: Type.Union([InvoiceView, WriteOffEffect]),
          ...pendingResponse,
          ...refusalsOnce(
            'not_found',
            'lead_closed',
            'wrong_stage',
            'not_configured',
            'conflicting_duties',
            'nothing_open',
            'expired',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { reason, dryRun } = request.body;
      const invoice = await invoiceOf(deps, id);
      if (invoice.kind !== 'invoice') throw new DomainError('not_found', `${id} is a credit note`);
      if (dryRun) return writeOffEffect(invoice);
      const decision = {
        name: 'writeOffInvoice',
        leadId: invoice.leadId,
        body: { invoiceId: id, reason },
      } as const;
      return answerDecision(request, reply, deps, decision, () => invoiceOf(deps, id));
    },
  );
}

function writeOffEffect({ id, number, open, lines, status, chargeNotes }: InvoiceView): WriteOffEffect {
  if (status !== 'open' && status !== 'partly_paid') {
    throw new DomainError('nothing_open', `nothing is open on invoice ${number}`);
  }
  const isOpen = (amount: string) => !/^0(\.0+)?$/.test(amount);
  return {
    invoiceId: id,
    amount: open,
    lines: lines
      .filter((line) => isOpen(line.open.amount))
      .map((line) => ({ invoiceLineId: line.id, amount: line.open })),
    chargeNotes: chargeNotes
      .filter((note) => isOpen(note.open.amount))
      .map((note) => ({ chargeNoteId: note.id, amount: note.open })),
  };
}

function addCreditNotes(app: FastifyInstance, deps: RouteDeps): void {
  const { db, clock, policies } = deps;
  app.post<{ Params: Params; Body: NewCreditNote }>(
    '/v1/invoices/:id/credit-notes',
    {
      config: { permit: ['creditInvoice', 'invoices'] },
      schema: {
        tags,
        summary: 'Ask for a credit note',
        description:
          'Two persons make a credit note: this opens a task, and another person of finance approves or ' +
          'rejects it (POST /v1/tasks/{id}/resolution). With `dryRun` it answers 200 and changes nothing.',
        headers: idempotencyHeader,
        params: Params,
        body: NewCreditNote,
        response: {
          200: CreditRequestView,
          201: CreditRequestView,
          ...refusalsOnce('not_found', 'currency_mismatch', 'over_credited', 'already_exists'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { reason, dryRun } = request.body;
      const { currency } = (await invoiceOf(deps, id)).gross;
      const by = byActor(request, clock);
      const lines = request.body.lines?.map(({ invoiceLineId, net }, index) => {
        const pointer = `/lines/${index}/net`;
        if (net.currency !== currency) {
          const detail = `${net.currency} on an invoice in ${currency}`;
          throw new DomainError('currency_mismatch', detail, `${pointer}/currency`);
        }
        return { invoiceLineId, netMinor: minorOf(net, pointer) };
      });
      const question = { invoiceId: id, today: by.at.toISOString().slice(0, 10), ...(lines && { lines }) };
      return answerOnce<CreditRequestView>(request, reply, db, async (tx) => {
        const effect = await effectOfRequest(tx, policies, question);
        const view = effectView(id, effect);
        if (dryRun) return { body: { taskId: null, effect: view }, status: 200 };
        const { leadId } = effect;
        const taskId = await requestCredit(tx, by, { ...question, leadId, reason });
        return { body: { taskId, effect: view }, headers: { location: `/v1/tasks/${taskId}` } };
      });
    },
  );
}

function effectView(invoiceId: string, whole: WholeEffect): CreditEffectView {
  const { currency, draft, effect } = whole;
  const money = (minor: bigint) => wireMoney(minor, currency);
  return {
    invoiceId,
    lines: draft.lines.map(({ lineId, netMinor, taxMinor, grossMinor }) => ({
      invoiceLineId: lineId,
      net: money(netMinor),
      tax: money(taxMinor),
      gross: money(grossMinor),
    })),
    net: money(draft.netMinor),
    tax: money(draft.taxMinor),
    gross: money(draft.grossMinor),
    openBefore: money(whole.openBeforeMinor),
    openAfter: money(whole.openAfterMinor),
    releases: effect.releases.map(({ allocationId, paymentId, lineId, amountMinor, unappliedMinor }) => ({
      allocationId,
      paymentId,
      invoiceLineId: lineId,
      amount: money(amountMinor),
      unapplied: money(unappliedMinor),
    })),
    unapplied: money(effect.unappliedMinor),
    commissions: whole.commissions.map(({ payeeId, amountMinor }) => ({
      payeeId,
      amount: money(amountMinor),
    })),
  };
}
