// The ledger, to read: nobody posts by hand.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { LedgerTransaction } from '../../contracts/ledger.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals } from '../../contracts/problem.js';
import { Code, Day, Id } from '../../contracts/wire.js';
import { ledgerView, listLedger } from '../../db/ledgerViews.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const Query = PageQuery({
  lead: Type.Optional(Id('lead')),
  businessKey: Type.Optional(Code(300, 'What happened', 'payment/pay_01kaz4v8tqfv2r0c0q6c2nq4jd')),
  kind: Type.Optional(Code(60, 'Kind of transaction', 'payment')),
  party: Type.Optional(Code(60, 'Customer, payee or payment', 'account_01kaz4v8tqfv2r0c0q6c2nq4jd')),
  from: Type.Optional(Day),
  until: Type.Optional(Day),
});

export async function ledgerRoutes(app: FastifyInstance, { db }: RouteDeps): Promise<void> {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/ledger',
    {
      config: { permit: ['read', 'ledger'] },
      schema: {
        tags: ['ledger'],
        summary: 'Transactions of the ledger with their entries, the newest first',
        querystring: Query,
        response: { 200: PageOf(LedgerTransaction), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('ledger', query);
      const rows = await listLedger(db, page, query);
      return pageAnswer('ledger', page, rows, ledgerView, ({ id }) => ({ value: id, id }));
    },
  );
}
