// Quotes, invoices and charge notes as paper. Each is printed when it is asked for, from what is committed, and kept nowhere:
// equal content gives equal bytes, so the ETag is made of the content and a known one costs no printing.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { refusals } from '../../contracts/problem.js';
import { closed, Id, Language, Revision } from '../../contracts/wire.js';
import { readChargeDocument } from '../../db/chargeDocuments.js';
import { readInvoiceDocument, readQuoteDocument } from '../../db/documents.js';
import { chargeNotePdf } from '../../documents/chargeNotePdf.js';
import { invoicePdf } from '../../documents/invoicePdf.js';
import { quotePdf } from '../../documents/quotePdf.js';
import type { Paper } from '../../documents/types.js';
import { DomainError } from '../../domain/errors.js';
import { ifNoneMatchHeader } from '../openapi.js';
import type { RouteDeps } from '../routes.js';

const QuoteParams = Type.Object({ id: Id('quote'), revision: Revision }, closed);
const InvoiceParams = Type.Object({ id: Id('inv', 'Id of an invoice or credit note') }, closed);
const ChargeParams = Type.Object({ id: Id('charge', 'Id of a charge note') }, closed);
const Query = Type.Object({ language: Type.Optional(Language) }, closed);
type Query = Static<typeof Query>;

const answers = {
  200: Type.Unsafe({
    description: 'The document',
    content: { 'application/pdf': { schema: { type: 'string', format: 'binary' } } },
  }),
  304: Type.Unsafe({ description: 'Unchanged since the ETag named in If-None-Match' }),
  ...refusals('not_found'),
};

export async function documentRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  const { db, config } = deps;
  addChargeNotes(app, deps);
  app.get<{ Params: Static<typeof QuoteParams>; Querystring: Query }>(
    '/v1/quotes/:id/revisions/:revision.pdf',
    {
      config: { permit: ['read', 'quotes'] },
      schema: {
        tags: ['quotes'],
        summary: 'A revision of a quote as PDF, in the language of the customer or another',
        params: QuoteParams,
        querystring: Query,
        headers: ifNoneMatchHeader,
        response: answers,
      },
    },
    async (request, reply) => {
      const { id, revision } = request.params;
      const quote = await readQuoteDocument(db, { quoteId: id, revision }, request.query.language);
      if (!quote) throw new DomainError('not_found', `there is no revision ${revision} of quote ${id}`);
      const name = `${quote.number}-${revision}`;
      return answerPdf(request, reply, { paper: quote, name, version: config.version }, () =>
        quotePdf(quote),
      );
    },
  );

  app.get<{ Params: Static<typeof InvoiceParams>; Querystring: Query }>(
    '/v1/invoices/:id.pdf',
    {
      config: { permit: ['read', 'invoices'] },
      schema: {
        tags: ['invoices'],
        summary: 'An invoice or credit note as PDF, in the language of the customer or another',
        params: InvoiceParams,
        querystring: Query,
        headers: ifNoneMatchHeader,
        response: answers,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const invoice = await readInvoiceDocument(db, id, request.query.language);
      if (!invoice) throw new DomainError('not_found', `there is no invoice ${id}`);
      const printed = { paper: invoice, name: invoice.number, version: config.version };
      return answerPdf(request, reply, printed, () => invoicePdf(invoice));
    },
  );
}

function addChargeNotes(app: FastifyInstance, { db, config }: RouteDeps): void {
  app.get<{ Params: Static<typeof ChargeParams>; Querystring: Query }>(
    '/v1/charge-notes/:id.pdf',
    {
      config: { permit: ['read', 'invoices'] },
      schema: {
        tags: ['invoices'],
        summary: 'A charge note as PDF, in the language of the customer or another',
        params: ChargeParams,
        querystring: Query,
        headers: ifNoneMatchHeader,
        response: answers,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const note = await readChargeDocument(db, id, request.query.language);
      if (!note) throw new DomainError('not_found', `there is no charge note ${id}`);
      const printed = { paper: note, name: note.number, version: config.version };
      return answerPdf(request, reply, printed, () => chargeNotePdf(note));
    },
  );
}

interface Printed {
  readonly paper: Paper;
  readonly name: string;
  /** Another build may print the same content otherwise. */
  readonly version: string;
}

async function answerPdf(
  request: FastifyRequest,
  reply: FastifyReply,
  { paper, name, version }: Printed,
  print: () => Promise<Buffer>,
): Promise<FastifyReply> {
  const etag = etagOfContent(paper, version);
  // Whoever keeps a copy asks again each time: a customer's data may have changed, or the right to see it.
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const fileName = `${name.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}.pdf`;
  return reply
    .type('application/pdf')
    .header('content-disposition', `inline; filename="${fileName}"`)
    .send(await print());
}

function etagOfContent(paper: Paper, version: string): string {
  const text = JSON.stringify(paper, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  return `"${createHash('sha256').update(`${version}\n${text}`).digest('base64url').slice(0, 32)}"`;
}

/** RFC 9110, 13.1.2: one of a list, weak or not, or any at all. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
