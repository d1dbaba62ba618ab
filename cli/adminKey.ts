// `l2c admin-key`: a new key for an administrator when the old one is lost.
import { Command, Option } from 'commander';
import { openClock } from '../activities/intake/clock.js';
import { ensureAdminKey } from '../activities/intake/firstBoot.js';
import { type NewAdminKey, replaceAdminKey } from '../activities/intake/lostKey.js';
import { openPool } from '../db/pool.js';
import { DomainError } from '../domain/errors.js';
import { type Ended, reached, settings } from './commands.js';
import { EXIT } from './exit.js';
import type { Reached } from './reach.js';
import { UsageProblem } from './trouble.js';

interface Flags {
  readonly person?: string;
  readonly revokeOthers: boolean;
  readonly json: boolean;
}

/** `l2c admin-key`. */
export function adminKeyCommand(ended: Ended): Command {
  return new Command('admin-key')
    .description('Make a key for an administrator whose key is lost; shown once, audited')
    .option('--person <id>', 'which administrator; absent: the first one')
    .option('--revoke-others', 'end every other key of that person', false)
    .addOption(new Option('--json', 'one JSON document on stdout').default(false))
    .addHelpText(
      'after',
      '\nIt needs the address of the database for the role that owns it: DATABASE_URL, or the state folder of the\n' +
        'product that runs or ran here.',
    )
    .action((flags: Flags) => ended(reached(settings(), false, (at) => run(at, flags))));
}

async function run({ databaseUrl }: Reached, flags: Flags): Promise<number> {
  // As the owner: the application's address is no proof of anything.
  const db = openPool(databaseUrl, { max: 2, applicationName: 'l2c-admin-key' });
  try {
    const made = await newKey(db, flags);
    if (flags.json) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
    else {
      const ended = made.revoked.length === 0 ? '' : `${made.revoked.length} older ended with it\n`;
      process.stdout.write(
        `key of ${made.name} (${made.personId}), shown this once: ${made.token}\n${ended}`,
      );
    }
    return EXIT.ok;
  } finally {
    await db.end();
  }
}

async function newKey(db: ReturnType<typeof openPool>, flags: Flags): Promise<NewAdminKey> {
  const clock = await openClock(db, () => undefined);
  const at = new Date(clock.now());
  clock.stop();
  const first = flags.person === undefined ? await ensureAdminKey(db, at) : null;
  if (first !== null) return { ...first, name: 'First admin', revoked: [] };
  const { person, revokeOthers } = flags;
  try {
    return await replaceAdminKey(db, { at, revokeOthers, ...(person !== undefined && { personId: person }) });
  } catch (error) {
    throw error instanceof DomainError ? new UsageProblem(error.message, { cause: error }) : error;
  }
}
