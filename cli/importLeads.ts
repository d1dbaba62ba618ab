// `l2c import leads`: sends a file to a running API and follows the import to its end.
import { constants, createReadStream } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ImportView } from '../contracts/imports.js';
import { LEAD_MAPPINGS } from '../contracts/leadMappings.js';
import { type Ended, settings } from './commands.js';
import { EXIT } from './exit.js';
import { Refused } from './http.js';
import { statusLine } from './progress.js';
import { runningApi } from './reach.js';
import { IMPORT_WORDS } from './resultWords.js';
import { Unreachable, UsageProblem } from './trouble.js';
import type { Language } from './words.js';

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
  const type = response.headers.get('content-type') ?? 'nothing';
  if (!/json/.test(type)) {
    const { origin } = new URL(response.url);
    throw new Unreachable(
      `${request}: what answers at ${origin} is not this product (${response.status}, ${type}). ${ITS_ADDRESS}`,
    );
  }
  const body = (await response.json()) as ImportView & { code?: string; detail?: string };
  if (response.status < 400) return body;
  throw new Refused(response.status, body.code ?? 'unknown', body.detail ?? '', request);
}

const ITS_ADDRESS = 'npm start prints its address; give it with --url or L2C_URL';

interface ImportFlags {
  readonly mapping: string;
  /** Absent: the product that runs here. */
  readonly url?: string;
  readonly key: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly language: Language;
}

/** `l2c import leads <csv> --mapping <file|name>`. */
export function importCommand(ended: Ended): Command {
  const names = Object.keys(LEAD_MAPPINGS).join(', ');
  const leads = new Command('leads')
    .description('Import leads from a CSV file through the API; sending it again adds nothing that is there')
    .argument('<csv>', 'the file, UTF-8, with a header line')
    .requiredOption('--mapping <file|name>', `a JSON file, or one of ${names}`)
    .addOption(
      new Option('--url <url>', 'address of the API; absent: the product that runs here')
        .env('L2C_URL')
        .argParser(httpAddress),
    )
    .addOption(new Option('--key <key>', 'API key of who imports').env('L2C_KEY').makeOptionMandatory())
    .addOption(new Option('--language <language>', 'of what people read').choices(['en', 'es']).default('en'))
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
  const { key, dryRun, json, language } = flags;
  const baseUrl = flags.url ?? (await runningApi(settings()));
  const mapping = await mappingOf(flags.mapping);
  await mustBeFile(path); // Told before anything is sent.
  const csv = () => createReadStream(path);
  const progress = progressPrinter(json, language);
  const onProgress = progress.show;
  try {
    const view = await sendImport({ baseUrl, token: key, csv, mapping, dryRun, onProgress });
    progress.end();
    if (!json) process.stdout.write(summaryOf(view, language));
    return view.status === 'done' && view.rejected === 0 ? EXIT.ok : EXIT.found;
  } catch (error) {
    progress.end();
    // What fetch throws when nobody answers.
    const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    if (name !== 'TypeError' || cause === undefined) throw error;
    const { code, message } = cause;
    throw new Unreachable(
      `nobody answers at ${baseUrl} (${code ?? message}): start the product with npm start. ${ITS_ADDRESS}`,
      { cause: error },
    );
  }
}

/** The name of a mapping the product knows, or the JSON of a file. */
async function mappingOf(given: string): Promise<string> {
  if (Object.hasOwn(LEAD_MAPPINGS, given)) return given;
  try {
    return await readFile(given, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const names = Object.keys(LEAD_MAPPINGS).join(', ');
    throw new UsageProblem(`no mapping called ${given} (${code}): ${names}, or the path of a JSON file`, {
      cause: error,
    });
  }
}

async function mustBeFile(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageProblem(`${path} cannot be read (${code}): give the path of a CSV file`, { cause: error });
  }
  if ((await stat(path)).isDirectory()) {
    throw new UsageProblem(`${path} is a folder: give the path of a CSV file`);
  }
}

function httpAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new InvalidArgumentError(`${text} is no address; one looks like http://127.0.0.1:3000`);
}

/** A line on a terminal that is written over, lines elsewhere, JSON lines where they are asked for. */
function progressPrinter(json: boolean, language: Language) {
  let shown = -1;
  const line = statusLine();
  const show = (view: ImportView): void => {
    if (json) process.stdout.write(`${JSON.stringify(view)}\n`);
    else if (view.read !== shown) line.show(countsOf(view, language));
    shown = view.read;
  };
  return { show, end: line.end };
}

function countsOf({ read, created, duplicates, rejected }: ImportView, language: Language): string {
  const words = IMPORT_WORDS[language];
  return `${read} ${words.read}, ${created} ${words.created}, ${duplicates} ${words.known}, ${rejected} ${words.refused}`;
}

/** What became of an import, a line for each refused row the view names. */
export function summaryOf(view: ImportView, language: Language): string {
  const words = IMPORT_WORDS[language];
  const errors = view.errors.map(
    ({ line, column, reason }) =>
      `  ${words.line} ${line}${column === null ? '' : `, ${column}`}: ${reason}\n`,
  );
  const more = view.rejected - new Set(view.errors.map(({ line }) => line)).size;
  const rest = more > 0 ? `  ${words.more(more)}: GET /v1/lead-imports/${view.id}/errors\n` : '';
  const dry = view.dryRun ? ` (${words.dry})` : '';
  const failure = view.failure === null ? '' : `${words.stopped}: ${view.failure}\n`;
  return `${view.id}: ${countsOf(view, language)}${dry}\n${failure}${errors.join('')}${rest}`;
}
