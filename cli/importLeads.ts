// `l2c import leads`: sends a file to a running API and follows the import to its end.
import { constants, createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { ImportView } from '../contracts/imports.js';
import { LEAD_MAPPINGS } from '../contracts/leadMappings.js';
import type { Ended } from './commands.js';
import { EXIT } from './exit.js';
import { Refused } from './http.js';

export interface SendImport {
  readonly baseUrl: string;
  readonly token: string;
  /** The file from its beginning; asked again when it has to be sent again. */
  readonly csv: () => AsyncIterable<string | Uint8Array>;
  /** JSON, or the name of a mapping the product knows. */
  readonly mapping: string;
  readonly dryRun?: boolean;
  readonly key?: string;
  readonly onProgress?: (view: ImportView) => void;
  readonly signal?: AbortSignal;
}

const POLL_MS = 300;

/**
 * Sends a file and waits until it is imported. Answers the import as it ended, `failed` included. Throws Refused
 * for what the API refuses at the door, TypeError where nobody answers.
 */
export async function sendImport(send: SendImport): Promise<ImportView> {
  const { baseUrl, token, csv, mapping, dryRun = false, key, onProgress, signal } = send;
  const query = new URLSearchParams({ mapping, ...(dryRun && { dryRun: 'true' }) });
  const authorization = `Bearer ${token}`;
  const response = await fetch(`${baseUrl}/v1/lead-imports?${query}`, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'text/csv',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: Readable.toWeb(Readable.from(bytesOf(csv()), { objectMode: false })) as unknown as BodyInit,
    // Node streams a body only in this mode.
    duplex: 'half',
    ...(signal && { signal }),
  } as RequestInit);
  let view = await bodyOf(response, 'POST /v1/lead-imports');
  for (;;) {
    onProgress?.(view);
    if (view.status !== 'running') return view;
    await sleep(POLL_MS, undefined, { ...(signal && { signal }) });
    const path = `/v1/lead-imports/${view.id}`;
    view = await bodyOf(await fetch(`${baseUrl}${path}`, { headers: { authorization } }), `GET ${path}`);
  }
}

async function* bytesOf(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}

async function bodyOf(response: Response, request: string): Promise<ImportView> {
  const body = (await response.json()) as ImportView & { code?: string; detail?: string };
  if (response.status < 400) return body;
  throw new Refused(response.status, body.code ?? 'unknown', body.detail ?? '', request);
}

interface ImportFlags {
  readonly mapping: string;
  readonly url: string;
  readonly key: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `l2c import leads <csv> --mapping <file|name>`. */
export function importCommand(ended: Ended): Command {
  const names = Object.keys(LEAD_MAPPINGS).join(', ');
  const leads = new Command('leads')
    .description('Import leads from a CSV file through the API; sending it again adds nothing that is there')
    .argument('<csv>', 'the file, UTF-8, with a header line')
    .requiredOption('--mapping <file|name>', `a JSON file, or one of ${names}`)
    .addOption(
      new Option('--url <url>', 'address of the API').env('L2C_URL').default('http://127.0.0.1:3000'),
    )
    .addOption(new Option('--key <key>', 'API key of who imports').env('L2C_KEY').makeOptionMandatory())
    .option('--dry-run', 'read, check and count; write no lead', false)
    .addOption(
      new Option('--json', 'progress as JSON lines on stdout, the last one is the result').default(false),
    )
    .addHelpText(
      'after',
      '\nEnds with 0 when every row was taken or known, 1 when rows were refused or the import failed, 2 for a wrong\n' +
        'file, mapping or key, 3 when the API cannot be reached.',
    )
    .action((csv: string, flags: ImportFlags) => ended(runImport(csv, flags)));
  return new Command('import').description('Take data in').addCommand(leads);
}

async function runImport(path: string, flags: ImportFlags): Promise<number> {
  const { url, key, dryRun, json } = flags;
  try {
    const mapping = Object.hasOwn(LEAD_MAPPINGS, flags.mapping)
      ? flags.mapping
      : await readFile(flags.mapping, 'utf8');
    await access(path, constants.R_OK); // Told before anything is sent.
    const csv = () => createReadStream(path);
    const onProgress = progressPrinter(json);
    const view = await sendImport({
      baseUrl: url.replace(/\/$/, ''),
      token: key,
      csv,
      mapping,
      dryRun,
      onProgress,
    });
    if (!json) process.stdout.write(summaryOf(view));
    return view.status === 'done' && view.rejected === 0 ? EXIT.ok : EXIT.found;
  } catch (error) {
    return problemCode(error);
  }
}

function problemCode(error: unknown): number {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: { code?: string } };
  if (error instanceof Refused) {
    process.stderr.write(`${message}\n`);
    return error.status >= 500 || error.status === 429 ? EXIT.unreachable : EXIT.usage;
  }
  if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES') {
    process.stderr.write(`${message}\n`);
    return EXIT.usage;
  }
  if ((error as Error).name === 'TypeError' && cause !== undefined) {
    // What fetch throws when nobody answers.
    process.stderr.write(`${message}${cause.code === undefined ? '' : ` (${cause.code})`}\n`);
    return EXIT.unreachable;
  }
  throw error;
}

function progressPrinter(json: boolean): (view: ImportView) => void {
  let shown = -1;
  return (view) => {
    if (json) {
      process.stdout.write(`${JSON.stringify(view)}\n`);
      return;
    }
    if (view.read === shown) return;
    shown = view.read;
    process.stderr.write(`${countsOf(view)}\n`);
  };
}

const countsOf = ({ read, created, duplicates, rejected }: ImportView): string =>
  `${read} read, ${created} new, ${duplicates} known, ${rejected} refused`;

function summaryOf(view: ImportView): string {
  const errors = view.errors.map(
    ({ line, column, reason }) => `  line ${line}${column === null ? '' : `, ${column}`}: ${reason}\n`,
  );
  const more = view.rejected - new Set(view.errors.map(({ line }) => line)).size;
  const rest = more > 0 ? `  and ${more} more: GET /v1/lead-imports/${view.id}/errors\n` : '';
  const dry = view.dryRun ? ' (dry run: nothing was written)' : '';
  const failure = view.failure === null ? '' : `it went no further: ${view.failure}\n`;
  return `${view.id}: ${countsOf(view)}${dry}\n${failure}${errors.join('')}${rest}`;
}
