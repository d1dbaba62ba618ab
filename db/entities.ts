// Reading the legal entities that sell and invoice.
import type { EntityView } from '../contracts/catalogue.js';
import type { Queryable } from './pool.js';
import type { Tables } from './tables.js';

export type EntityRow = Tables['legal_entities'];

interface Page {
  readonly limit: number;
  readonly after: { readonly value: string; readonly id: string } | null;
}

/** Entities by name, one more than the page holds when there are more. */
export async function listEntities(db: Queryable, page: Page): Promise<EntityRow[]> {
  const { rows } = await db.query<EntityRow>(
    `select * from legal_entities where ($1::text is null or (name, id) > ($1, $2)) order by name, id limit $3`,
    [page.after?.value ?? null, page.after?.id ?? null, page.limit + 1],
  );
  return rows;
}

export async function entityById(db: Queryable, id: string): Promise<EntityRow | undefined> {
  const { rows } = await db.query<EntityRow>('select * from legal_entities where id = $1', [id]);
  return rows[0];
}

export function entityView(row: EntityRow): EntityView {
  return {
    id: row.id,
    name: row.name,
    country: row.country,
    vatId: row.vat_id,
    zone: row.zone,
    language: row.language as EntityView['language'],
    address: row.address as EntityView['address'],
    iban: row.iban,
    email: row.email,
    createdAt: row.created_at.toISOString(),
  };
}
