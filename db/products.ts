// Reading products.
import type { ProductView } from '../contracts/catalogue.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type ProductRow = Tables['products'];

export interface ProductFilter {
  readonly active?: boolean;
  readonly family?: string;
  readonly q?: string;
}

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

/** Products by sku, one more than the page holds when there are more. */
export async function listProducts(db: Queryable, page: Page, filter: ProductFilter): Promise<ProductRow[]> {
  const { rows } = await db.query<ProductRow>(
    `select * from products p
      where ($1::text is null or (p.sku, p.id) > ($1, $2))
        and ($3::boolean is null or p.active = $3) and ($4::text is null or p.family = $4)
        and ($5::text is null or position(lower($5) in lower(p.sku || ' ' || p.name::text)) > 0)
      order by p.sku, p.id limit $6`,
    [
      page.after?.value ?? null,
      page.after?.id ?? null,
      filter.active ?? null,
      filter.family ?? null,
      filter.q ?? null,
      page.limit + 1,
    ],
  );
  return rows;
}

export async function productById(db: Queryable, id: string): Promise<ProductRow | undefined> {
  const { rows } = await db.query<ProductRow>('select * from products where id = $1', [id]);
  return rows[0];
}

export async function lockProduct(tx: Queryable, id: string): Promise<ProductRow | undefined> {
  const { rows } = await tx.query<ProductRow>('select * from products where id = $1 for update', [id]);
  return rows[0];
}

export function productView(row: ProductRow): ProductView {
  return {
    id: row.id,
    sku: row.sku,
    name: row.name as ProductView['name'],
    family: row.family,
    supply: row.supply as ProductView['supply'],
    discountable: row.discountable,
    unit: row.unit,
    unitDecimals: row.unit_decimals,
    taxClass: row.tax_class,
    chargedOn: row.charged_on as ProductView['chargedOn'],
    cost: row.cost,
    leadDays: row.lead_days,
    active: row.active,
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  };
}
