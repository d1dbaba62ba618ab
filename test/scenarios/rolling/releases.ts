// Two releases for one test: this one as it was built, and a next one made of it by a change of shape, a command more
// in every turn of the process, bundled as the build bundles it. Its migration only adds, as every migration of a
// release has to that is rolled out under the one before.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runner } from 'node-pg-migrate';
import type { World } from '../../support/world.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** What the next release says of its change: leads that began before it keep their shape, or all are changed. */
export type Change = 'patched' | 'unpatched';

/** Bundles the next release; returns the path of its bundle, in a folder of its own. */
export async function nextBundle(change: Change): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-next-'));
  const dist = join(folder, 'dist');
  for (const part of ['workflows', 'domain']) cpSync(join(DIST, part), join(dist, part), { recursive: true });
  mkdirSync(join(dist, 'worker'));
  cpSync(join(DIST, 'worker', 'bundle.js'), join(dist, 'worker', 'bundle.js'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(folder, 'node_modules'));
  const file = join(dist, 'workflows', 'leadToCash.js');
  const process_ = readFileSync(file, 'utf8');
  const changed = process_
    .replace('const deal = await', `const isNext = ${change === 'patched' ? `patched('next')` : 'true'};\n$&`)
    .replace(/while \(await deal\.goesOn\(\)\) \{/, `$& if (isNext) upsertMemo({ release: 'next' });`);
  if (!changed.includes('const isNext') || !changed.includes('if (isNext)')) {
    throw new Error('the process no longer reads as it did: the next release cannot be made of it');
  }
  writeFileSync(file, `import { patched, upsertMemo } from '@temporalio/workflow';\n${changed}`);
  const target = join(folder, 'bundle.js');
  await run(process.execPath, [join(dist, 'worker', 'bundle.js'), target], { cwd: folder });
  return target;
}

/** The build id a worker of this bundle shows in histories, as worker.ts makes it. */
export const buildOf = (bundle: string): string =>
  createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 12);

/** The schema of the next release, brought in under whoever runs: a column, a table, an index. */
export async function migrateToNext(ownerUrl: string): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'l2c-next-schema-'));
  cpSync(join(DIST, 'db', 'migrations'), dir, { recursive: true });
  writeFileSync(
    join(dir, '9999_next.sql'),
    `alter table leads add column next_note text;
     alter table invoices add column next_channel text not null default 'mail';
     create table next_notes (id text primary key, lead_id text references leads, noted_at timestamptz);
     create index next_by_note on leads (next_note);
     grant select, insert on next_notes to l2c_app;`,
  );
  const options = { databaseUrl: ownerUrl, dir, migrationsTable: 'migrations', checkOrder: true } as const;
  const ran = await runner({ ...options, direction: 'up', log: () => undefined });
  return ran.map(({ name }) => name);
}

export interface Released {
  kill(): Promise<void>;
}

/** Starts a worker of a release in its own process and waits until it runs. */
export async function startReleased(world: World, bundle: string): Promise<Released> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./worker.mjs', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      L2C_ADDRESS: world.address,
      L2C_DATABASE: world.database.appUrl,
      L2C_QUEUE: world.engine.taskQueue,
      L2C_DIST: DIST,
      L2C_BUNDLE: bundle,
    },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => text.includes('ready') && resolve());
    void exited.then(() => reject(new Error('the worker ended before it ran')));
  });
  return {
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
