// Writing products: master data, no workflow is told. Quotes keep what they pinned.
import type { NewProduct, ProductPatch, ProductView } from '../../contracts/catalogue.js';
import { newId } from '../../db/ids.js';
import type { Tx } from '../../db/pool.js';
import { lockProduct, productById, productView } from '../../db/products.js';
import type { Tables } from '../../db/tables.js';
import { Writes } from '../../db/writes.js';
import { atRevision, type By, columnsOf, commitChange } from './masterData.js';

const COLUMNS = {
  sku: 'sku',
  name: 'name',
  family: 'family',
  supply: 'supply',
  discountable: 'discountable',
  unit: 'unit',
  unitDecimals: 'unit_decimals',
  taxClass: 'tax_class',
  chargedOn: 'charged_on',
  cost: 'cost',
  leadDays: 'lead_days',
  active: 'active',
} as const;

/** Stores a product. `already_exists` when its sku is taken. */
export async function createProduct(tx: Tx, by: By, body: NewProduct): Promise<ProductView> {
  const id = newId('product');
  const row = { id, ...columnsOf(body, COLUMNS), created_at: by.at } as Partial<Tables['products']>;
  const writes = new Writes().insert('products', row);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'productCreated',
    revision: 1,
    detail: { ...body },
  });
  return stored(tx, id);
}

/** Changes the fields of a patch. `not_found`, `stale_version`. */
export async function editProduct(
  tx: Tx,
  by: By,
  id: string,
  expected: number,
  patch: ProductPatch,
): Promise<ProductView> {
  const row = atRevision(await lockProduct(tx, id), id, expected);
  const revision = row.revision + 1;
  const changed = { ...columnsOf(patch, COLUMNS), id, revision } as Partial<Tables['products']>;
  const writes = new Writes().update('products', ['id'], changed);
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'productEdited',
    revision,
    detail: { ...patch },
  });
  return stored(tx, id);
}

async function stored(tx: Tx, id: string): Promise<ProductView> {
  const row = await productById(tx, id);
  if (row === undefined) throw new RangeError(`product ${id} was written and is not there`);
  return productView(row);
}
