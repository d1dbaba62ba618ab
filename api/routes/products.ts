// Products. This file is the example for others: schemas from contracts/, reads from db/, writes from
// activities/intake/, the right in `config.permit`, the refusals beside the answer.
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { createProduct, editProduct } from '../../activities/intake/products.js';
import { NewProduct, ProductPatch, ProductView } from '../../contracts/catalogue.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOfEdit, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { withTransaction } from '../../db/pool.js';
import { listProducts, productById, productView } from '../../db/products.js';
import { DomainError } from '../../domain/errors.js';
import { byActor } from '../auth/actor.js';
import { etagOf, expectedRevision, setEtag } from '../etag.js';
import { answerOnce } from '../idempotency.js';
import { idempotencyHeader, ifMatchHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';

const tags = ['products'];
const Params = Type.Object({ id: Id('product') }, closed);
const Query = PageQuery({
  active: Type.Optional(Type.Boolean()),
  family: Type.Optional(Type.String({ maxLength: 60 })),
  q: Type.Optional(Type.String({ maxLength: 100, description: 'Part of sku or name' })),
});

export async function productRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addReads(app, deps);
  addWrites(app, deps);
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Querystring: Static<typeof Query> }>(
    '/v1/products',
    {
      config: { permit: ['read', 'products'] },
      schema: {
        tags,
        summary: 'Products by sku',
        querystring: Query,
        response: { 200: PageOf(ProductView), ...refusals() },
      },
    },
    async ({ query }) => {
      const page = pageRequest('products', query);
      const rows = await listProducts(db, page, query);
      return pageAnswer('products', page, rows, productView, (row) => ({ value: row.sku, id: row.id }));
    },
  );

  app.get<{ Params: Static<typeof Params> }>(
    '/v1/products/:id',
    {
      config: { permit: ['read', 'products'] },
      schema: {
        tags,
        summary: 'One product',
        params: Params,
        response: { 200: ProductView, ...refusals('not_found') },
      },
    },
    async ({ params }, reply) => {
      const row = await productById(db, params.id);
      if (row === undefined) throw new DomainError('not_found', `there is no product ${params.id}`);
      setEtag(reply, row.revision);
      return productView(row);
    },
  );
}

function addWrites(app: FastifyInstance, { db, clock }: RouteDeps): void {
  app.post<{ Body: NewProduct }>(
    '/v1/products',
    {
      config: { permit: ['create', 'products'] },
      schema: {
        tags,
        summary: 'Add a product',
        headers: idempotencyHeader,
        body: NewProduct,
        response: { 201: ProductView, ...refusalsOnce('already_exists') },
      },
    },
    async (request, reply) =>
      answerOnce(request, reply, db, async (tx) => {
        const body = await createProduct(tx, byActor(request, clock), request.body);
        return { body, headers: { etag: etagOf(1), location: `/v1/products/${body.id}` } };
      }),
  );

  app.patch<{ Params: Static<typeof Params>; Body: ProductPatch }>(
    '/v1/products/:id',
    {
      config: { permit: ['edit', 'products'] },
      schema: {
        tags,
        summary: 'Change a product',
        headers: ifMatchHeader,
        params: Params,
        body: ProductPatch,
        response: { 200: ProductView, ...refusalsOfEdit() },
      },
    },
    async (request, reply) => {
      const expected = expectedRevision(request);
      const by = byActor(request, clock);
      const view = await withTransaction(db, (tx) =>
        editProduct(tx, by, request.params.id, expected, request.body),
      );
      setEtag(reply, view.revision);
      return view;
    },
  );
}
