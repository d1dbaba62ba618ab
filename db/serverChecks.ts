// What a database server must grant before the application works on it: a role that cannot get around the
// guards of the schema, and commits that are on disk when they are answered.
import type { Queryable } from './pool.js';

/** A database we refuse to run on; `message` says what is wrong and what an administrator runs. */
export class UnsafeDatabase extends Error {
  override readonly name = 'UnsafeDatabase';
}

/** Answers every reason not to run on this server as this role, each with its way out; none is good. */
export async function unsafeSettings(db: Queryable, durable = true): Promise<string[]> {
  const { rows } = await db.query<{ role: string; super: boolean; fsync: string; commit: string }>(
    `select r.rolname as role, r.rolsuper as super, current_setting('fsync') as fsync,
       current_setting('synchronous_commit') as commit
     from pg_roles r where r.rolname = current_user`,
  );
  const [row] = rows;
  const reasons: string[] = [];
  if (row === undefined || row.super) {
    reasons.push(
      `the application's role ${row?.role ?? ''} is a superuser, whom no guard of the schema stops: let ` +
        'L2C_APP_DATABASE_URL name one that is not (unset, l2c_app is made)',
    );
  }
  if (durable && row?.fsync === 'off') {
    reasons.push('fsync is off, a power cut would lose what was answered: alter system set fsync = on');
  }
  if (durable && row?.commit === 'off') {
    reasons.push(
      'synchronous_commit is off, a crash would lose what was answered: alter system set synchronous_commit = on',
    );
  }
  return reasons;
}

/** Refuses with UnsafeDatabase to run where `unsafeSettings` finds a reason. */
export async function mustBeSafe(db: Queryable, durable = true): Promise<void> {
  const reasons = await unsafeSettings(db, durable);
  if (reasons.length > 0) throw new UnsafeDatabase(reasons.join('\n'));
}
