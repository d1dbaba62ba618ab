// Reading price books and their prices.
import type { PriceBookView, PriceEntry } from '../contracts/catalogue.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type PriceBookRow = Tables['price_books'] & { entries: number };

export interface PriceBookFilter {
  readonly currency?: string;
  /** Books in force on this day. */
  readonly on?: string;
}

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

const BOOK = `select b.*, (select count(*)::int from price_book_entries e where e.price_book_id = b.id) as entries
  from price_books b`;

/** Price books by name, one more than the page holds when there are more. */
export async function listPriceBooks(
  db: Queryable,
  page: Page,
  filter: PriceBookFilter,
): Promise<PriceBookRow[]> {
  const { rows } = await db.query<PriceBookRow>(
    `${BOOK} where ($1::text is null or (b.name, b.id) > ($1, $2)) and ($3::text is null or b.currency = $3)
        and ($4::date is null or (b.valid_from <= $4 and (b.valid_until is null or b.valid_until >= $4)))
      order by b.name, b.id limit $5`,
    [
      page.after?.value ?? null,
      page.after?.id ?? null,
      filter.currency ?? null,
      filter.on ?? null,
      page.limit + 1,
    ],
  );
  return rows;
}

export async function priceBookById(db: Queryable, id: string): Promise<PriceBookRow | undefined> {
  const { rows } = await db.query<PriceBookRow>(`${BOOK} where b.id = $1`, [id]);
  return rows[0];
}

export async function lockPriceBook(tx: Queryable, id: string): Promise<PriceBookRow | undefined> {
  const { rowCount } = await tx.query('select 1 from price_books where id = $1 for update', [id]);
  return rowCount === 0 ? undefined : priceBookById(tx, id);
}

/** The prices of a book by sku, one more than the page holds when there are more. */
export async function listEntries(
  db: Queryable,
  bookId: string,
  page: Page,
): Promise<(PriceEntry & { id: string })[]> {
  const { rows } = await db.query<PriceEntry & { id: string }>(
    `select p.id, p.sku, e.unit_price as "unitPrice"
      from price_book_entries e join products p on p.id = e.product_id
      where e.price_book_id = $1 and ($2::text is null or (p.sku, p.id) > ($2, $3))
      order by p.sku, p.id limit $4`,
    [bookId, page.after?.value ?? null, page.after?.id ?? null, page.limit + 1],
  );
  return rows;
}

export function priceBookView(row: PriceBookRow): PriceBookView {
  return {
    id: row.id,
    name: row.name,
    currency: row.currency,
    segment: row.segment,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    entries: row.entries,
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  };
}
