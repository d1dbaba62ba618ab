// Imports of leads: the file is received whole, its header checked, and then read behind the answer.
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { checkImport, importLeads } from '../../activities/intake/imports.js';
import {
  ImportError,
  ImportQuery,
  ImportView,
  LeadMapping,
  MAX_UPLOAD_BYTES,
  SHOWN_ERRORS,
} from '../../contracts/imports.js';
import { LEAD_MAPPINGS } from '../../contracts/leadMappings.js';
import { PageOf, PageQuery } from '../../contracts/page.js';
import { refusals, refusalsOnce } from '../../contracts/problem.js';
import { closed, Id } from '../../contracts/wire.js';
import { rememberAnswer, takeKey } from '../../db/idempotency.js';
import { derivedId, newId } from '../../db/ids.js';
import { type ImportRow, importById, importErrors, startImport } from '../../db/imports.js';
import { type Queryable, withTransaction } from '../../db/pool.js';
import type { Tables } from '../../db/tables.js';
import { DomainError } from '../../domain/errors.js';
import { actorOf } from '../auth/actor.js';
import { parseJson } from '../body.js';
import { idempotencyKey } from '../idempotency.js';
import { idempotencyHeader } from '../openapi.js';
import { pageAnswer, pageRequest } from '../paging.js';
import type { RouteDeps } from '../routes.js';
import { receiveUpload, type Upload } from '../upload.js';
import { invalidInput, problemsOf } from '../validation.js';

/** Each takes two connections of the pool, and they wait for each other at every chunk. */
const AT_ONCE = 2;

const tags = ['imports'];
const Params = Type.Object({ id: Id('import') }, closed);
const Page = PageQuery({});
const mappings = Compile(LeadMapping);

type Query = Static<typeof ImportQuery>;
interface ImportRequest {
  readonly id: string;
  readonly mapping: LeadMapping;
  readonly dryRun: boolean;
  readonly actorId: string;
}

export async function importRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  addUploads(app, deps);
  addReads(app, deps);
}

function addUploads(app: FastifyInstance, { db, log }: RouteDeps): void {
  const imports = new RunningImports(db, log);
  app.addContentTypeParser('text/csv', { bodyLimit: MAX_UPLOAD_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook('onClose', () => imports.stop());
  app.post<{ Querystring: Query; Body: Readable }>(
    '/v1/lead-imports',
    {
      bodyLimit: MAX_UPLOAD_BYTES,
      config: { permit: ['create', 'imports'] },
      schema: {
        tags,
        summary: 'Import leads from a CSV file',
        description:
          'Sending a file again adds nothing that is there: an import that was interrupted goes on.',
        headers: idempotencyHeader,
        consumes: ['text/csv'],
        querystring: ImportQuery,
        response: { 202: ImportView, ...refusalsOnce('limit_exceeded') },
      },
    },
    async (request, reply) => {
      if (!request.headers['content-type']?.startsWith('text/csv')) {
        throw new DomainError('unsupported_media_type', 'send the file as text/csv with that content type');
      }
      const mapping = mappingOf(request.query.mapping);
      imports.mustHaveRoom();
      const upload = await receiveUpload(request.body, MAX_UPLOAD_BYTES);
      try {
        await checkImport(upload.read(), mapping);
        const begun = await imports.once(request, mapping, upload);
        if (begun.isNew) imports.begin(begun, upload);
        else {
          reply.header('idempotent-replay', 'true');
          await upload.remove();
        }
        reply.code(202).header('location', `/v1/lead-imports/${begun.id}`);
        return importView(db, begun.id);
      } catch (error) {
        await upload.remove();
        throw error;
      }
    },
  );
}

/** The imports of this process: what runs, and how it ends when the server does. */
class RunningImports {
  readonly #running = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  readonly #db: RouteDeps['db'];
  readonly #log: RouteDeps['log'];

  constructor(db: RouteDeps['db'], log: RouteDeps['log']) {
    this.#db = db;
    this.#log = log;
  }

  async stop(): Promise<void> {
    this.#closing.abort(new Error('the server stopped; send the file again, and it goes on where it was'));
    await Promise.all(this.#running.values());
  }

  mustHaveRoom(): void {
    const { size } = this.#running;
    if (size < AT_ONCE) return;
    throw new DomainError(
      'too_many_requests',
      `${size} imports are running; ${AT_ONCE} at once are the most`,
    );
  }

  begin({ id, ...request }: ImportRequest, upload: Upload): void {
    const log = this.#log;
    const { signal } = this.#closing;
    const rows = upload.read();
    const work = importLeads({ ...request, db: this.#db, importId: id, rows, nowMs: Date.now(), signal })
      .then(
        (counts) => log.info({ import: id, ...counts }, 'import done'),
        // Its record says why; a fault of ours is only here.
        (err: unknown) =>
          log[err instanceof DomainError ? 'info' : 'error']({ import: id, err }, 'import failed'),
      )
      .finally(() => this.#running.delete(id))
      .then(() => upload.remove())
      .catch((err: unknown) => log.warn({ import: id, err }, 'an upload was not removed'));
    this.#running.set(id, work);
  }

  /** The import of a request: found by its Idempotency-Key, or written. One that stopped half-way begins again. */
  async once(
    request: FastifyRequest<{ Querystring: Query }>,
    mapping: LeadMapping,
    upload: Upload,
  ): Promise<ImportRequest & { isNew: boolean }> {
    const key = idempotencyKey(request);
    const { personId } = actorOf(request);
    const dryRun = request.query.dryRun ?? false;
    const id = key === undefined ? newId('import') : derivedId('import', personId, key);
    const wanted = { id, mapping, dryRun, actorId: personId };
    return withTransaction(this.#db, async (tx) => {
      if (key === undefined) {
        await startImport(tx, wanted);
        return { ...wanted, isNew: true };
      }
      const bodyHash = createHash('sha256').update(`${request.url} `).update(upload.sha256).digest();
      const taken = await takeKey(tx, personId, key);
      if (taken === 'busy') {
        throw new DomainError('key_in_use', `a request with Idempotency-Key ${key} is running`);
      }
      if (taken === 'free') {
        await startImport(tx, wanted);
        const answer = { body: { id }, headers: {} };
        const route = 'POST /v1/lead-imports';
        await rememberAnswer(tx, { personId, key, route, bodyHash, status: 202, answer });
        return { ...wanted, isNew: true };
      }
      if (!taken.bodyHash.equals(bodyHash)) {
        throw new DomainError('key_reused', `Idempotency-Key ${key} was used with another address or body`);
      }
      const row = await importById(tx, id);
      const isStopped =
        row !== undefined && (row.status === 'failed' || row.interrupted) && !this.#running.has(id);
      if (isStopped) await startImport(tx, wanted);
      return { ...wanted, isNew: isStopped };
    });
  }
}

function addReads(app: FastifyInstance, { db }: RouteDeps): void {
  app.get<{ Params: Static<typeof Params> }>(
    '/v1/lead-imports/:id',
    {
      config: { permit: ['read', 'imports'] },
      schema: {
        tags,
        summary: 'How far an import is',
        params: Params,
        response: { 200: ImportView, ...refusals('not_found') },
      },
    },
    ({ params }) => importView(db, params.id),
  );

  app.get<{ Params: Static<typeof Params>; Querystring: Static<typeof Page> }>(
    '/v1/lead-imports/:id/errors',
    {
      config: { permit: ['read', 'imports'] },
      schema: {
        tags,
        summary: 'All rows an import refused, by line',
        params: Params,
        querystring: Page,
        response: { 200: PageOf(ImportError), ...refusals('not_found') },
      },
    },
    async ({ params, query }) => {
      const page = pageRequest('importErrors', query);
      const { value, id } = page.after ?? { value: '0', id: '' };
      // A cursor is opaque, not signed: a bent line is only another place to begin.
      const afterLine = /^\d{1,9}$/.test(value) ? Number(value) : 0;
      const rows = await importErrors(db, params.id, { afterLine, afterColumn: id, limit: page.limit + 1 });
      if (rows.length === 0) await known(db, params.id);
      return pageAnswer('importErrors', page, rows, errorView, (row) => ({
        value: String(row.line),
        id: row.column_name,
      }));
    },
  );
}

function mappingOf(text: string): LeadMapping {
  if (!text.trimStart().startsWith('{')) {
    const preset = Object.hasOwn(LEAD_MAPPINGS, text) ? LEAD_MAPPINGS[text] : undefined;
    if (preset) return preset;
    const detail = `${JSON.stringify(text.slice(0, 60))} is neither JSON nor one of ${Object.keys(LEAD_MAPPINGS).join(', ')}`;
    throw new DomainError('invalid_field', detail, '/query/mapping');
  }
  const mapping = parseJson(Buffer.from(text));
  if (mappings.Check(mapping)) return mapping;
  const problems = problemsOf(mappings.Errors(mapping), mapping);
  throw invalidInput(
    problems.map(({ pointer, detail }) => ({ pointer: `/query/mapping${pointer}`, detail })),
  );
}

async function known(db: Queryable, id: string): Promise<ImportRow> {
  const row = await importById(db, id);
  if (!row) throw new DomainError('not_found', `there is no import ${id}`);
  return row;
}

async function importView(db: Queryable, id: string): Promise<ImportView> {
  const row = await known(db, id);
  const errors = await importErrors(db, id, { afterLine: 0, afterColumn: '', limit: SHOWN_ERRORS });
  const interrupted = 'it was interrupted; send the file again, and it goes on where it was';
  return {
    id: row.id,
    status: row.interrupted ? 'failed' : (row.status as ImportView['status']),
    dryRun: row.dry_run,
    read: row.read_count,
    created: row.created_count,
    duplicates: row.duplicate_count,
    rejected: row.rejected_count,
    errors: errors.map(errorView),
    failure: row.interrupted ? interrupted : row.failure,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

const errorView = ({ line, column_name: column, reason }: Tables['import_errors']) => ({
  line,
  column: column === '' ? null : column,
  reason,
});
