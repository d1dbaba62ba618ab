// "Why was this cent paid?": the chain behind a commission line, a payout, an invoice, a charge note or the price of a quote.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { ExplanationView } from '../../contracts/explanations.js';
import { written } from '../../contracts/patterns.js';
import { refusals } from '../../contracts/problem.js';
import { closed, Language, Revision } from '../../contracts/wire.js';
import {
  chargeChain,
  commissionChain,
  invoiceChain,
  payoutChain,
  quotePriceChain,
} from '../../db/explanations.js';
import type { Db } from '../../db/pool.js';
import { explainCharge } from '../../documents/chargeExplanation.js';
import {
  explainCommission,
  explainInvoice,
  explainPayout,
  explainQuote,
} from '../../documents/explanations.js';
import { DomainError } from '../../domain/errors.js';
import { may, mustBeAllowed } from '../auth/ability.js';
import { actorOf } from '../auth/actor.js';
import { languageOf } from '../language.js';
import type { RouteDeps } from '../routes.js';

const Params = Type.Object(
  {
    id: Type.String({
      pattern: written(
        '^(cline|payout|inv|charge|quote)_[0-9a-hjkmnp-tv-z]{26}$',
        'is no id of a commission line (cline_…), payout, invoice (inv_…), charge note (charge_…) or quote',
      ),
      maxLength: 40,
      description: 'Id of a commission line, payout, invoice, charge note or quote',
      examples: ['cline_01kaz4v8tqfv2r0c0q6c2nq4jd'],
    }),
  },
  closed,
);
const Query = Type.Object(
  {
    language: Type.Optional(Language),
    revision: Type.Optional(
      Type.Integer({ ...Revision, description: 'Of a quote; the newest where absent' }),
    ),
  },
  closed,
);
type Query = Static<typeof Query>;

export async function explanationRoutes(app: FastifyInstance, { db }: RouteDeps): Promise<void> {
  app.get<{ Params: Static<typeof Params>; Querystring: Query }>(
    '/v1/explanations/:id',
    {
      config: { permit: ['read', 'explanations'] },
      schema: {
        tags: ['explanations'],
        summary: 'Why an amount is what it is, as a chain of records and as sentences',
        description:
          'In the language asked for, else the one Accept-Language prefers, else that of the person. `source` ' +
          'names records and rules for programs; the sentences say the same in words.',
        params: Params,
        querystring: Query,
        response: { 200: ExplanationView, ...refusals('not_found') },
      },
    },
    async (request) => {
      const { id } = request.params;
      const view = await explain(db, request, id, request.query);
      if (view === undefined) throw new DomainError('not_found', `there is nothing to explain at ${id}`);
      return view;
    },
  );
}

async function explain(
  db: Db,
  request: FastifyRequest,
  id: string,
  query: Query,
): Promise<ExplanationView | undefined> {
  const actor = actorOf(request);
  const { language = languageOf(request), revision } = query;
  if (revision !== undefined && !id.startsWith('quote_')) {
    throw new DomainError('invalid_field', `${revision}: only quotes have revisions`, '/query/revision');
  }
  switch (id.slice(0, id.indexOf('_'))) {
    case 'cline': {
      const chain = await commissionChain(db, id);
      if (chain) mustBeAllowed(actor, 'read', 'commissions', { payeeId: chain.payeeId });
      return chain && explainCommission(chain, language);
    }
    case 'payout': {
      const all = may(actor, 'read', 'payouts', { payeeId: '' });
      const chain = await payoutChain(db, id, all ? null : actor.personId);
      // A payout in which a payee has no line is none of theirs to know of.
      return chain && (all || chain.lines.length > 0) ? explainPayout(chain, language) : undefined;
    }
    case 'inv': {
      mustBeAllowed(actor, 'read', 'invoices');
      const chain = await invoiceChain(db, id);
      return chain && explainInvoice(chain, language);
    }
    case 'charge': {
      mustBeAllowed(actor, 'read', 'invoices');
      const chain = await chargeChain(db, id);
      return chain && explainCharge(chain, language);
    }
    default: {
      mustBeAllowed(actor, 'read', 'quotes');
      const chain = await quotePriceChain(db, id, revision ?? null);
      return chain && explainQuote(chain, language);
    }
  }
}
