// Keyset paging: a cursor holds the sort value and id of the last item, so a page costs the same however far
// down the list it is, and an item that comes or goes meanwhile shifts nothing.
import { DEFAULT_PAGE } from '../contracts/page.js';
import { DomainError } from '../domain/errors.js';

/** Where a page starts: after this sort value and id. The value travels as the text Postgres reads. */
export interface After {
  readonly value: string;
  readonly id: string;
}

export interface PageRequest {
  /** Rows wanted; ask the database for one more to learn whether there are others. */
  readonly limit: number;
  readonly after: After | null;
}

interface PageQuery {
  limit?: number;
  cursor?: string;
}

/** Reads `limit` and `cursor` of a list. A cursor of another list, or one that was bent, is `invalid_field`. */
export function pageRequest(list: string, query: PageQuery): PageRequest {
  return {
    limit: query.limit ?? DEFAULT_PAGE,
    after: query.cursor === undefined ? null : readCursor(list, query.cursor),
  };
}

/** Makes the answer of a list from at most `limit + 1` rows. */
export function pageAnswer<Row, Item>(
  list: string,
  page: PageRequest,
  rows: readonly Row[],
  toItem: (row: Row) => Item,
  positionOf: (row: Row) => After,
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const next = rows.length > page.limit && last !== undefined ? writeCursor(list, positionOf(last)) : null;
  return { items: shown.map(toItem), next };
}

function writeCursor(list: string, { value, id }: After): string {
  return Buffer.from(JSON.stringify([list, value, id])).toString('base64url');
}

function readCursor(list: string, cursor: string): After {
  const refuse = (): never => {
    throw new DomainError(
      'invalid_field',
      `the cursor is not one of ${list}: use \`next\` as it came`,
      '/query/cursor',
    );
  };
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return refuse();
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return refuse();
  }
  if (!Array.isArray(parts) || parts.length !== 3) return refuse();
  const [of, value, id] = parts as unknown[];
  const isText = (text: unknown): text is string =>
    typeof text === 'string' && text.length <= 400 && !text.includes('\0');
  return of === list && isText(value) && isText(id) ? { value, id } : refuse();
}
