// The two files of a funnel: what was a lead, and which of them were won. Read here, judged by the API.
import { createReadStream } from 'node:fs';
import { csvRecords } from '../../activities/intake/csvRecords.js';
import { UsageProblem } from '../trouble.js';

const LEAD_COLUMNS = ['mql_id', 'first_contact_date', 'landing_page_id', 'origin'] as const;
const DEAL_COLUMNS = [
  'mql_id',
  'seller_id',
  'sdr_id',
  'sr_id',
  'won_date',
  'business_segment',
  'lead_type',
] as const;

export interface Deal {
  readonly line: number;
  readonly leadId: string;
  readonly sellerId: string;
  /** Who made first contact. */
  readonly sdrId: string;
  /** Who sold. */
  readonly srId: string;
  /** `2018-02-26 19:58:54`. */
  readonly wonAt: string;
  readonly segment: string;
  readonly leadType: string;
}

export interface Funnel {
  /** Leads in play, by their id: the word their file has for the origin, empty where it is blank. */
  readonly origins: ReadonlyMap<string, string>;
  /** Deals of these leads, in the order of the leads. */
  readonly deals: readonly Deal[];
  /** Everybody the deals name, also those beyond the limit. */
  readonly people: { readonly sales: readonly string[]; readonly firstContact: readonly string[] };
  /** What stands oddly in the files, a sentence each; nothing of it is dropped. */
  readonly oddities: readonly string[];
  /** The leads' file with the day each was won as one more column, line by line as it was. */
  csv(): AsyncIterable<string>;
}

/** A file that cannot be used; the message names file, line and what is missing. */
export class FileProblem extends UsageProblem {}

/** Reads both files; `limit` takes the first so many leads and the deals among them. */
export async function readFunnel(
  leadsPath: string,
  dealsPath: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<Funnel> {
  const origins = new Map<string, string>();
  const contacts = new Map<string, string>();
  const oddities: string[] = [];
  for await (const { line, row, problem } of rowsOf(leadsPath, LEAD_COLUMNS)) {
    if (contacts.size >= limit) break;
    if (!row) oddities.push(`${leadsPath}:${line}: ${problem}`);
    else {
      origins.set(row.mql_id, row.origin.trim());
      contacts.set(row.mql_id, row.first_contact_date);
    }
  }
  const found = new Map<string, Deal>();
  const sales = new Set<string>();
  const firstContact = new Set<string>();
  for await (const { line, row, problem } of rowsOf(dealsPath, DEAL_COLUMNS)) {
    if (!row) {
      oddities.push(`${dealsPath}:${line}: ${problem}`);
      continue;
    }
    const { mql_id: leadId, seller_id: sellerId, sdr_id: sdrId, sr_id: srId, won_date: wonAt } = row;
    if (sdrId === '' || srId === '') {
      oddities.push(`${dealsPath}:${line}: the deal of ${leadId} names no sdr_id or no sr_id`);
      continue;
    }
    sales.add(srId);
    firstContact.add(sdrId);
    const contacted = contacts.get(leadId);
    if (contacted === undefined) {
      if (limit === Number.POSITIVE_INFINITY)
        oddities.push(`${dealsPath}:${line}: ${leadId} is no lead of the other file`);
    } else if (found.has(leadId)) oddities.push(`${dealsPath}:${line}: ${leadId} is won a second time`);
    else {
      if (wonAt.slice(0, 10) < contacted) {
        oddities.push(
          `${dealsPath}:${line}: ${leadId} was won on ${wonAt.slice(0, 10)}, before its first contact on ${contacted}`,
        );
      }
      if (sdrId === srId)
        oddities.push(`${dealsPath}:${line}: first contact and sale of ${leadId} are one person’s`);
      const { business_segment: segment, lead_type: leadType } = row;
      found.set(leadId, { line, leadId, sellerId, sdrId, srId, wonAt, segment, leadType });
    }
  }
  const deals = [...origins.keys()].flatMap((id) => found.get(id) ?? []);
  return {
    origins,
    deals,
    people: { sales: [...sales], firstContact: [...firstContact] },
    oddities,
    csv: () => joined(leadsPath, found, origins.size),
  };
}

type Read<Column extends string> =
  | { line: number; row: Record<Column, string>; problem?: undefined }
  | { line: number; row?: undefined; problem: string };

/** Rows by the names of the header. Throws FileProblem where the file or a column is missing. */
async function* rowsOf<Column extends string>(
  path: string,
  columns: readonly Column[],
): AsyncGenerator<Read<Column>> {
  let header: readonly string[] | undefined;
  try {
    for await (const batch of csvRecords(createReadStream(path), ',')) {
      for (const record of batch) {
        if ('reason' in record) {
          if (!header) throw new FileProblem(`${path}:${record.line}: ${record.reason}`);
          yield { line: record.line, problem: record.reason };
        } else if (!header) {
          header = record.fields.map((name) => name.trim());
          const missing = columns.filter((name) => !header?.includes(name));
          if (missing.length > 0) throw new FileProblem(`${path} has no column ${missing.join(', ')}`);
        } else if (record.fields.length !== header.length) {
          yield {
            line: record.line,
            problem: `the row has ${record.fields.length} fields, the header ${header.length}`,
          };
        } else {
          const names = header;
          const { fields } = record;
          const row = Object.fromEntries(
            columns.map((name) => [name, fields[names.indexOf(name)] as string]),
          );
          yield { line: record.line, row: row as Record<Column, string> };
        }
      }
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw new FileProblem(`${path}: ${code}`);
    throw error;
  }
  if (!header) throw new FileProblem(`${path} is empty`);
}

async function* joined(
  path: string,
  deals: ReadonlyMap<string, Deal>,
  leads: number,
): AsyncGenerator<string> {
  yield `${[...LEAD_COLUMNS, 'won_date'].join(',')}\n`;
  let line = 2;
  let taken = 0;
  for await (const read of rowsOf(path, LEAD_COLUMNS)) {
    if (taken >= leads) return;
    // Empty lines keep the numbers of the lines that follow, so that a refusal names the line of the file.
    yield '\n'.repeat(Math.max(0, read.line - line));
    line = read.line + 1;
    if (!read.row) yield '\n';
    else {
      taken++;
      const { row } = read;
      yield `${[...LEAD_COLUMNS.map((name) => row[name]), deals.get(row.mql_id)?.wonAt ?? ''].map(quoted).join(',')}\n`;
      line += newlines(Object.values(row).join(''));
    }
  }
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const newlines = (text: string): number => text.split('\n').length - 1;
