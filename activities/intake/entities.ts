// Writing legal entities. They are never edited: documents refer to them as they were registered. There is one: days,
// cash and payouts are those of the company's entity, so another one would be registered and never sell.
import type { EntityView, NewEntity } from '../../contracts/catalogue.js';
import { entityById, entityView } from '../../db/entities.js';
import { newId } from '../../db/ids.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { DomainError } from '../../domain/errors.js';
import { type By, commitChange } from './masterData.js';
import { resume } from './policies.js';

/** Stores the company's legal entity. `one_entity_only` once there is one. */
export async function createEntity(tx: Tx, by: By, body: NewEntity): Promise<EntityView> {
  const id = newId('entity');
  await mustBeTheFirst(tx);
  const { vatId = null, iban = null, ...rest } = body;
  const writes = new Writes().insert('legal_entities', {
    ...rest,
    id,
    vat_id: vatId,
    iban,
    created_at: by.at,
  });
  await resume(tx, 'entity', by);
  const { name, country, zone, language } = body;
  await commitChange(tx, writes, by, {
    subject: id,
    action: 'entityCreated',
    revision: 1,
    detail: { name, country, zone, language, vatId },
  });
  const row = await entityById(tx, id);
  if (row === undefined) throw new RangeError(`entity ${id} was written and is not there`);
  return entityView(row);
}

/** Two registered at once wait for each other, so that the second is refused. */
async function mustBeTheFirst(tx: Tx): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('legal_entities', 0))");
  const { rows } = await tx.query<{ id: string }>('select id from legal_entities limit 1');
  if (rows[0] === undefined) return;
  const detail = `the company sells as ${rows[0].id}; several legal entities in one deployment are not there yet`;
  throw new DomainError('one_entity_only', detail);
}
