// `npm start` as a new user has it: on a copy of the sources without dependencies and build, and once more on
// what the first start left. The time is up to the first page that answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Starting {
  readonly coldMs: number;
  readonly warmMs: number;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LIMIT_MS = 300_000;

/** Starts twice in a temporary folder, which is gone afterwards. */
export async function starting(): Promise<Starting> {
  const folder = mkdtempSync(join(tmpdir(), 'l2c-bench-start-'));
  try {
    cpSync(ROOT, folder, {
      recursive: true,
      filter: (path) => !/^(node_modules|dist|coverage|\.git|\.l2c.*)(\/|$)/.test(relative(ROOT, path)),
    });
    return { coldMs: await firstPage(folder), warmMs: await firstPage(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function firstPage(folder: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['scripts/start.mjs', '--empty', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const gone = once(child, 'exit');
  try {
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as { step: string; api?: string };
      if (event.step !== 'ready' || event.api === undefined) continue;
      const page = await fetch(`${event.api}/docs`);
      await page.text();
      if (!page.ok) throw new Error(`the first page answered ${page.status}`);
      return performance.now() - began;
    }
    throw new Error('npm start ended before it was ready');
  } finally {
    child.kill('SIGINT');
    await gone;
    clearTimeout(limit);
  }
}
