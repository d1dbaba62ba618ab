// A write that fails in the middle of a transaction: a trigger the owner puts on one table for a while.
import type { World } from './deal.js';

/** Runs `work` while every insert into the table fails, and takes the trigger away again. */
export async function whileFailing<T>({ db }: World, table: string, work: () => Promise<T>): Promise<T> {
  await db.query(`create or replace function fail_in_the_middle() returns trigger language plpgsql as $$
      begin raise exception 'failed in the middle'; end $$`);
  await db.query(`create trigger fail_in_the_middle before insert on ${table}
    for each row execute function fail_in_the_middle()`);
  try {
    return await work();
  } finally {
    await db.query(`drop trigger fail_in_the_middle on ${table}`);
  }
}
