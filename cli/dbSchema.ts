// `l2c db schema`: db/schema.sql and db/tables.ts out of the catalogs of a database that saw every migration and
// nothing else.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { schemaSql, tableTypes } from '../db/dump.js';
import { migrate } from '../db/migrate.js';

const run = promisify(execFile);

/** The checkout this program belongs to: where package.json is. */
export function projectRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('no package.json above this program');
  }
}

export interface WrittenFile {
  readonly file: string;
  readonly changed: boolean;
}

/** Writes both files from a scratch database on this server, and says which of them changed. */
export async function writeSchema(ownerUrl: string, root = projectRoot()): Promise<WrittenFile[]> {
  const { sql, types } = await onScratch(ownerUrl);
  const written = [await replace(join(root, 'db/schema.sql'), sql)];
  const tables = join(root, 'db/tables.ts');
  const before = await readFile(tables, 'utf8').catch(() => '');
  await writeFile(tables, types);
  await format(root, tables);
  const changed = (await readFile(tables, 'utf8')) !== before;
  return [...written, { file: tables, changed }];
}

async function onScratch(ownerUrl: string): Promise<{ sql: string; types: string }> {
  const name = `l2c_schema_${process.pid}`;
  const owner = new pg.Client(ownerUrl);
  await owner.connect();
  try {
    await owner.query(`create database ${name}`);
    try {
      const url = Object.assign(new URL(ownerUrl), { pathname: `/${name}` }).href;
      await migrate(url);
      const scratch = new pg.Client(url);
      await scratch.connect();
      try {
        return { sql: await schemaSql(scratch as never), types: await tableTypes(scratch as never) };
      } finally {
        await scratch.end();
      }
    } finally {
      await owner.query(`drop database ${name} with (force)`);
    }
  } finally {
    await owner.end();
  }
}

async function replace(file: string, text: string): Promise<WrittenFile> {
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before !== text) await writeFile(file, text);
  return { file, changed: before !== text };
}

/** As the rest of the code is; an installation without development tools keeps the plain form. */
async function format(root: string, file: string): Promise<void> {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  if (existsSync(biome)) await run(process.execPath, [biome, 'format', '--write', file], { cwd: root });
}
