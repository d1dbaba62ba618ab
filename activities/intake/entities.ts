// Writing legal entities. They are never edited: documents refer to them as they were registered.
import type { EntityView, NewEntity } from '../../contracts/catalogue.js';
import { entityById, entityView } from '../../db/entities.js';
import { newId } from '../../db/ids.js';
import type { Tx } from '../../db/pool.js';
import { Writes } from '../../db/writes.js';
import { type By, commitChange } from './masterData.js';
import { resume } from './policies.js';

export async function createEntity(tx: Tx, by: By, body: NewEntity): Promise<EntityView> {
  const id = newId('entity');
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
