// Charge notes: reminder fees and late interest, read like invoices, and waived by finance.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { waiveCharge } from '../../activities/intake/waivers.js';
import { ChargeNoteSummary, ChargeNoteView, ChargeWaiver, WaiverEffect } from '../../contracts/charges.js';
import { wireMoney } from '../../contracts/money.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { openParts } from '../../db/charges.js';
import { CHARGE_FILTERS, chargeById, chargeSummary, listCharges } from '../../db/chargeViews.js';
import type { Queryable } from '../../db/pool.js';
import { sumOf } from '../../domain/collections/charges.js';
import { DomainError } from '../../domain/errors.js';
import { actorOf } from '../auth/actor.js';
import { answerOnce, idempotencyKey, messageIdFor } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['invoices'];
const Params = Type.Object({ id: Id('charge', 'Id of a charge note') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  invoice: Type.Optional(Id('inv', 'Id of an invoice')),
  account: Type.Optional(Id('account')),
  lead: Type.Optional(Id('lead')),
  number: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
  status: Type.Optional(
    Type.Enum([...CHARGE_FILTERS], { description: '`open`: something is open, partly paid ones included' }),
  ),
});

async function chargeOf(db: Queryable, id: string): Promise<ChargeNoteView> {
  const note = await chargeById(db, id);
  if (note === undefined) throw new DomainError('not_found', `there is no charge note ${id}`);
  return note;
}

export async function chargeRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db } = deps;
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/charge-notes',
    {
      config: { permit: ['read', 'invoices'] },
      schema: {
        tags,
        summary: 'Charge notes of reminder fees and late interest, the newest first',
        querystring: Query,
        response: { 200: PageOf(ChargeNoteSummary), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('chargeNotes', query);
      const rows = await listCharges(db, page, query);
      return pageAnswer('chargeNotes', page, rows, chargeSummary, ({ id }) => ({ value: id, id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/charge-notes/:id',
    {
      config: { permit: ['read', 'invoices'] },
      schema: {
        tags,
        summary: 'One charge note with its lines, how its interest was counted, cash and waivers',
        params: Params,
        response: { 200: ChargeNoteView, ...refusals('not_found') },
      },
    },
    ({ params }) => chargeOf(db, params.id),
  );
  addWaiver(app, deps);
}

function addWaiver(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Params: Params; Body: ChargeWaiver }>(
    '/v1/charge-notes/:id/waiver',
    {
      config: { permit: ['waive', 'invoices'] },
      schema: {
        tags,
        summary: 'Waive what is open of a charge note',
        description:
          'Fee and interest income are taken back from the receivable; what was paid stays paid. Never by ' +
          'whoever recorded a payment on it. With `dryRun` it answers 200 and changes nothing.',
        headers: idempotencyHeader,
        params: Params,
        body: ChargeWaiver,
        response: {
          200: WaiverEffect,
          201: ChargeNoteView,
          ...refusalsOnce('not_found', 'conflicting_duties', 'nothing_open'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { reason, dryRun } = request.body;
      if (dryRun) {
        reply.code(200);
        return waiverEffect(db, id);
      }
      const { personId } = actorOf(request);
      const messageId = messageIdFor(personId, idempotencyKey(request));
      return answerOnce<ChargeNoteView>(request, reply, db, async (tx) => {
        const input = { chargeNoteId: id, actorId: personId, reason, messageId, at: clock.now() };
        await waiveCharge({ db: tx }, input);
        return { body: await chargeOf(tx, id), headers: { location: `/v1/charge-notes/${id}` } };
      });
    },
  );
}

async function waiverEffect(db: Queryable, id: string): Promise<WaiverEffect> {
  const open = await openParts(db, id);
  if (open === undefined) throw new DomainError('not_found', `there is no charge note ${id}`);
  const { currency, feeMinor, interestMinor } = open;
  if (sumOf(open) === 0n) throw new DomainError('nothing_open', `nothing is open on charge note ${id}`);
  return {
    chargeNoteId: id,
    amount: wireMoney(sumOf(open), currency),
    fee: wireMoney(feeMinor, currency),
    interest: wireMoney(interestMinor, currency),
  };
}
