// The commands that look: each prints for people, or one JSON document with --json, and answers its exit code.
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import { ensureClock } from '../activities/intake/clock.js';
import { ensureAdminKey } from '../activities/intake/firstBoot.js';
import { type Config, readConfig } from '../config.js';
import { migrate } from '../db/migrate.js';
import { openPool } from '../db/pool.js';
import { foldersOf } from '../worker/folders.js';
import { writeSchema } from './dbSchema.js';
import { examine, verdictOf } from './doctor.js';
import { EXIT } from './exit.js';
import { openLeadEngine } from './leadEngine.js';
import { eventPrinter } from './progress.js';
import { type Reached, reach } from './reach.js';
import { reconcile } from './reconcile.js';
import { RECONCILE_WORDS } from './resultWords.js';
import { formatProgress, formatReport } from './verify/report.js';
import { verify } from './verify/verify.js';
import type { Language } from './words.js';

export type Ended = (result: Promise<number>) => Promise<void>;

interface Common {
  readonly json: boolean;
}

const json = () => new Option('--json', 'one JSON document on stdout').default(false);
const language = () =>
  new Option('--language <language>', 'of what people read').choices(['en', 'es']).default('en');

const print = (document: unknown): void => {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
};

/** The settings of a command, the state folder as an absolute path. Throws ConfigError. */
export function settings(): Config {
  const config = readConfig();
  return { ...config, stateDir: resolve(config.stateDir) };
}

export function verifyCommand(ended: Ended): Command {
  return new Command('verify')
    .description('Prove the invariants I1 to I12; what runs is asked, else the embedded servers are started')
    .option('--fast', 'describe workflows only where list and rows disagree; newest checkpoints only', false)
    .option('--without-engine', 'leave I6 out', false)
    .option('--checkpoint-key <file>', 'public key of the checkpoints, kept apart from them (PEM)')
    .option('--quiet-ms <ms>', 'what is younger may still be under way', wholeNumber)
    .addOption(language())
    .addOption(json())
    .action((options) => ended(runVerify(options)));
}

interface VerifyFlags extends Common {
  readonly fast: boolean;
  readonly withoutEngine: boolean;
  readonly checkpointKey?: string;
  readonly quietMs?: number;
  readonly language: Language;
}

async function runVerify(flags: VerifyFlags): Promise<number> {
  const config = settings();
  return reached(config, !flags.withoutEngine, async ({ databaseUrl, engine: at }) => {
    const db = new pg.Pool({ connectionString: databaseUrl, max: 4 });
    db.on('error', () => undefined); // The query under way fails with the same reason.
    const { temporal, payloadKeys } = config;
    const engine =
      at && !flags.withoutEngine ? openLeadEngine({ ...at, ...temporal, payloadKeys }) : undefined;
    const isTerminal = process.stderr.isTTY && !flags.json;
    try {
      const results = await verify({
        db,
        fast: flags.fast,
        checkpoints: foldersOf(config.stateDir).checkpoints,
        ...(flags.checkpointKey !== undefined && {
          checkpointKey: createPublicKey(await readFile(flags.checkpointKey, 'utf8')),
        }),
        ...(engine && { engine }),
        ...(flags.quietMs !== undefined && { quietMs: flags.quietMs }),
        ...(isTerminal && {
          onProgress: (progress) =>
            process.stderr.write(`\u001b[2K\r${formatProgress(progress, flags.language)}`),
        }),
      });
      if (isTerminal) process.stderr.write('\u001b[2K\r');
      if (flags.json) print({ ok: results.every(({ ok }) => ok), results });
      else process.stdout.write(`${formatReport(results, flags.language)}\n`);
      return results.every(({ ok }) => ok) ? EXIT.ok : EXIT.found;
    } finally {
      await db.end();
      await engine?.close();
    }
  });
}

export function reconcileCommand(ended: Ended): Command {
  return new Command('reconcile')
    .description('Start the workflows open leads lack, end those of closed ones, wake what has not answered')
    .option('--fast', 'describe workflows only where list and rows disagree', false)
    .option('--dry-run', 'say what would be done, and do nothing', false)
    .option('--adopt <ids...>', 'begin these leads or payout runs anew: their row is what counts', [])
    .addOption(language())
    .addOption(json())
    .action((options) => ended(runReconcile(options)));
}

interface ReconcileFlags extends Common {
  readonly fast: boolean;
  readonly dryRun: boolean;
  readonly adopt: readonly string[];
  readonly language: Language;
}

async function runReconcile(flags: ReconcileFlags): Promise<number> {
  const config = settings();
  const words = RECONCILE_WORDS[flags.language];
  return reached(config, true, async ({ databaseUrl, engine: at }) => {
    if (!at) throw new Error('the start that runs here has no engine to reconcile with');
    const db = new pg.Pool({ connectionString: databaseUrl, max: 4 });
    db.on('error', () => undefined); // The query under way fails with the same reason.
    const engine = openLeadEngine({ ...at, ...config.temporal, payloadKeys: config.payloadKeys });
    try {
      const report = await reconcile({
        db,
        engine,
        fast: flags.fast,
        dryRun: flags.dryRun,
        adopt: flags.adopt,
        onProgress: (rows) => process.stderr.write(`${words.checked(rows)}\n`),
      });
      const { started, ending, looked, ahead, withoutRow, failed } = report;
      if (flags.json) print(report);
      else {
        process.stdout.write(
          `${flags.dryRun ? words.dryRun : ''}${words.result(report.checkedRows, started.length, ending.length, looked.length)}\n`,
        );
        for (const one of ahead) process.stdout.write(`  ${one.workflowId} ${words.ahead(one)}\n`);
        for (const id of withoutRow) process.stdout.write(`  ${id} ${words.withoutRow}\n`);
        for (const { workflowId, reason } of failed) process.stdout.write(`  ${workflowId}: ${reason}\n`);
      }
      return ahead.length + withoutRow.length + failed.length === 0 ? EXIT.ok : EXIT.found;
    } finally {
      await db.end();
      await engine.close();
    }
  });
}

export function doctorCommand(ended: Ended): Command {
  return new Command('doctor')
    .description(
      'What this machine, its settings and the running product lack, and how to get it; changes nothing',
    )
    .addOption(json())
    .action((options: Common) =>
      ended(
        (async () => {
          const findings = await examine(settings());
          const verdict = verdictOf(findings);
          if (options.json) print({ ok: findings.every(({ ok }) => ok), verdict, findings });
          else {
            const width = Math.max(...findings.map(({ check }) => check.length));
            for (const { check, ok, detail } of findings) {
              process.stdout.write(`${ok ? '✓' : '✗'} ${check.padEnd(width)}  ${detail}\n`);
            }
            process.stdout.write(`${verdict}\n`);
          }
          return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.found;
        })(),
      ),
    );
}

export function dbCommand(ended: Ended): Command {
  const schema = new Command('schema')
    .description('Write db/schema.sql and db/tables.ts from the catalogs of a freshly migrated database')
    .addOption(json())
    .action((options: Common) =>
      ended(
        reached(settings(), false, async ({ databaseUrl }) => {
          const files = await writeSchema(databaseUrl);
          if (options.json) print({ files });
          else {
            for (const { file, changed } of files) {
              process.stdout.write(`${changed ? 'wrote' : 'unchanged'} ${file}\n`);
            }
          }
          return EXIT.ok;
        }),
      ),
    );
  const migration = new Command('migrate')
    .description(
      'Bring the schema up to date, set the clock, and make the first admin’s key: the job before a start',
    )
    .addOption(json())
    .action((options: Common) => ended(reached(settings(), false, (at) => runMigrate(at, options))));
  return new Command('db')
    .description('The database as it should be')
    .addCommand(schema)
    .addCommand(migration);
}

async function runMigrate({ databaseUrl, appDatabaseUrl }: Reached, flags: Common): Promise<number> {
  const { clockSecondsPerDay } = settings();
  const ran = await migrate(databaseUrl);
  const db = openPool(appDatabaseUrl, { max: 1, applicationName: 'l2c-migrate' });
  try {
    await ensureClock(db, clockSecondsPerDay, Date.now());
    const first = await ensureAdminKey(db, new Date());
    if (flags.json) print({ ran, adminKey: first?.token ?? null });
    else {
      process.stdout.write(ran.length === 0 ? 'schema is up to date\n' : `ran ${ran.join(', ')}\n`);
      if (first) process.stdout.write(`administrator’s key, shown this once: ${first.token}\n`);
    }
    return EXIT.ok;
  } finally {
    await db.end();
  }
}

/** Runs a command against what it reached and lets go of it, whatever happens. */
export async function reached(
  config: Config,
  engine: boolean,
  work: (at: Reached) => Promise<number>,
): Promise<number> {
  const at = await reach({ config, engine, onEvent: eventPrinter({ quiet: true }) });
  try {
    return await work(at);
  } finally {
    await at.close();
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`${text} is no whole number`);
  return Number(text);
}
