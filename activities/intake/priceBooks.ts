// Writing price books. Quotes keep the price they pinned; a changed book prices what is drafted afterwards.
import type { NewPriceBook, PriceBookPatch, PriceBookView, PriceEntry } from '../../contracts/catalogue.js';
import { newId, sha256 } from '../../db/ids.js';
import type { Tx } from '../../db/pool.js';
import { lockPriceBook, priceBookById, priceBookView } from '../../db/priceBooks.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { canonicalJson } from '../../domain/policies/canonical.js';
import { atRevision, type By, columnsOf, commitChange } from './masterData.js';

const COLUMNS = { name: 'name', segment: 'segment', validUntil: 'valid_until' } as const;

/** Stores an empty price book. `already_exists` when its name is taken. */
export async function createPriceBook(tx: Tx, by: By, body: NewPriceBook): Promise<PriceBookView> {
  mustEndAfter(body.validFrom, body.validUntil ?? null);
  const id = newId('book');
  const { currency, validFrom, ...fields } = body;
  const row = {
    id,
    currency,
    valid_from: validFrom,
    ...columnsOf<PriceBookPatch>(fields, COLUMNS),
    created_at: by.at,
  };
  const writes = new Writes().insert('price_books', row as Partial<Tables['price_books']>);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'priceBookCreated',
    revision: 1,
    detail: { ...body },
  });
  return stored(tx, id);
}

/** Changes the fields of a patch. `not_found`, `stale_version`, `already_exists`. */
export async function editPriceBook(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  patch: PriceBookPatch,
): Promise<PriceBookView> {
  const row = atRevision(await lockPriceBook(tx, id), id, expected);
  if (patch.validUntil !== undefined) mustEndAfter(row.valid_from, patch.validUntil);
  const revision = row.revision + 1;
  const changed = { ...columnsOf(patch, COLUMNS), id, revision } as Partial<Tables['price_books']>;
  const writes = new Writes().update('price_books', ['id'], changed);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'priceBookEdited',
    revision,
    detail: { ...patch },
  });
  return stored(tx, id);
}

/** Sets all prices of a book. `unknown_sku`, `invalid_field` for a sku named twice. */
export async function setPrices(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  entries: readonly PriceEntry[],
): Promise<PriceBookView> {
  const row = atRevision(await lockPriceBook(tx, id), id, expected);
  const products = await productsOf(tx, entries);
  const revision = row.revision + 1;
  // One statement may not delete and insert the same key, so the old prices go first.
  await tx.query('delete from price_book_entries where price_book_id = $1', [id]);
  const rows = entries.map(({ unitPrice }, i) => ({
    price_book_id: id,
    product_id: products[i] as string,
    unit_price: unitPrice,
  }));
  const writes = new Writes()
    .update('price_books', ['id'], { id, revision })
    .insert('price_book_entries', ...rows);
  const hash = sha256(canonicalJson(entries)).toString('hex');
  const detail = { entries: entries.length, hash };
  await commitChange(tx, writes, by, { subject: id, action: 'pricesSet', revision, detail });
  return stored(tx, id);
}

/** The product of each entry, in their order. */
async function productsOf(tx: Tx, entries: readonly PriceEntry[]): Promise<string[]> {
  const seen = new Map<string, number>();
  entries.forEach(({ sku }, i) => {
    const first = seen.get(sku);
    if (first !== undefined) {
      throw new DomainError('invalid_field', `${sku} stands at ${first} and ${i}`, `/entries/${i}/sku`);
    }
    seen.set(sku, i);
  });
  const { rows } = await tx.query<{ id: string; sku: string }>(
    'select id, sku from products where sku = any($1)',
    [[...seen.keys()]],
  );
  const ids = new Map(rows.map((product) => [product.sku, product.id]));
  return entries.map(({ sku }, i) => {
    const productId = ids.get(sku);
    if (productId === undefined) {
      throw new DomainError('unknown_sku', `there is no product ${sku}`, `/entries/${i}/sku`);
    }
    return productId;
  });
}

function mustEndAfter(validFrom: string, validUntil: string | null): void {
  if (validUntil === null || validUntil >= validFrom) return;
  throw new DomainError('invalid_field', `${validUntil} lies before validFrom ${validFrom}`, '/validUntil');
}

async function stored(tx: Tx, id: string): Promise<PriceBookView> {
  const row = await priceBookById(tx, id);
  if (row === undefined) throw new RangeError(`price book ${id} was written and is not there`);
  return priceBookView(row);
}
