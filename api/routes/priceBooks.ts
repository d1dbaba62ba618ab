// Price books and their prices.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { createPriceBook, editPriceBook, setPrices } from '../../activities/intake/priceBooks.js';
import {
  NewPriceBook,
  PriceBookPatch,
  PriceBookView,
  PriceEntries,
  PriceEntry,
} from '../../contracts/catalogue.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOfEdit, refusalsOnce } from '../../contracts/problem.js';
import { Currency, closed, Day, Id } from '../../contracts/wire.js';
import { withTransaction } from '../../db/pool.js';
import { listEntries, listPriceBooks, priceBookById, priceBookView } from '../../db/priceBooks.js';
import { DomainError } from '../../domain/errors.js';
import { byActor } from '../auth/actor.js';
import { etagOf, expectedRevision, setEtag } from '../etag.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader, ifMatchHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['price books'];
const Params = Type.Object({ id: Id('book') }, closed);
type Params = Static<typeof Params>;
const Query = PageQuery({
  currency: Type.Optional(Currency),
  on: Type.Optional(Day),
});
const EntryQuery = PageQuery({});

export async function priceBookRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addWrites(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/price-books',
    {
      config: { permit: ['read', 'priceBooks'] },
      schema: {
        tags,
        summary: 'Price books by name',
        querystring: Query,
        response: { 200: PageOf(PriceBookView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('price-books', query);
      const rows = await listPriceBooks(db, page, query);
      return pageAnswer('price-books', page, rows, priceBookView, (row) => ({ value: row.name, id: row.id }));
    },
  );

  app.get<{ Params: Params }>(
    '/v1/price-books/:id',
    {
      config: { permit: ['read', 'priceBooks'] },
      schema: {
        tags,
        summary: 'One price book',
        params: Params,
        response: { 200: PriceBookView, ...refusals('not_found') },
      },
    },
    async ({ params }, reply) => {
      const row = await priceBookById(db, params.id);
      if (row === undefined) throw new DomainError('not_found', `there is no price book ${params.id}`);
      setEtag(reply, row.revision);
      return priceBookView(row);
    },
  );

  app.get<{ Params: Params; Querystring: Static<typeof EntryQuery> }>(
    '/v1/price-books/:id/entries',
    {
      config: { permit: ['read', 'priceBooks'] },
      schema: {
        tags,
        summary: 'The prices of a book by sku',
        params: Params,
        querystring: EntryQuery,
        response: { 200: PageOf(PriceEntry), ...refusals('not_found') },
      },
    },
    async ({ params, query }) => {
      const list = `price-books/${params.id}`;
      const page = pageRequest(list, query);
      if ((await priceBookById(db, params.id)) === undefined) {
        throw new DomainError('not_found', `there is no price book ${params.id}`);
      }
      const rows = await listEntries(db, params.id, page);
      const entry = ({ sku, unitPrice }: PriceEntry) => ({ sku, unitPrice });
      return pageAnswer(list, page, rows, entry, (row) => ({ value: row.sku, id: row.id }));
    },
  );
}

function addWrites(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Body: NewPriceBook }>(
    '/v1/price-books',
    {
      config: { permit: ['create', 'priceBooks'] },
      schema: {
        tags,
        summary: 'Add a price book',
        headers: idempotencyHeader,
        body: NewPriceBook,
        response: { 201: PriceBookView, ...refusalsOnce('already_exists') },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const body = await createPriceBook(tx, byActor(request, clock), request.body);
        return { body, headers: { etag: etagOf(1), location: `/v1/price-books/${body.id}` } };
      }),
  );

  app.patch<{ Params: Params; Body: PriceBookPatch }>(
    '/v1/price-books/:id',
    {
      config: { permit: ['edit', 'priceBooks'] },
      schema: {
        tags,
        summary: 'Change a price book',
        headers: ifMatchHeader,
        params: Params,
        body: PriceBookPatch,
        response: { 200: PriceBookView, ...refusalsOfEdit('already_exists') },
      },
    },
    async (request, reply) => {
      const expected = expectedRevision(request);
      const by = byActor(request, clock);
      const view = await withTransaction(db, (tx) =>
        editPriceBook(tx, by, request.params.id, expected, request.body),
      );
      setEtag(reply, view.revision);
      return view;
    },
  );

  app.put<{ Params: Params; Body: Static<typeof PriceEntries> }>(
    '/v1/price-books/:id/entries',
    {
      config: { permit: ['edit', 'priceBooks'] },
      schema: {
        tags,
        summary: 'Set all prices of a book',
        headers: ifMatchHeader,
        params: Params,
        body: PriceEntries,
        response: { 200: PriceBookView, ...refusalsOfEdit('unknown_sku') },
      },
    },
    async (request, reply) => {
      const expected = expectedRevision(request);
      const by = byActor(request, clock);
      const view = await withTransaction(db, (tx) =>
        setPrices(tx, by, request.params.id, expected, request.body.entries),
      );
      setEtag(reply, view.revision);
      return view;
    },
  );
}
