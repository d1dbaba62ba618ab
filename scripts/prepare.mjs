// What every command does first: dependencies, then dist/.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { install, missingPackages } from './install.mjs';
import { runStep } from './steps.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Installs and builds what is missing or stale; tells nothing when nothing is.
 * @param {(event: import('./steps.mjs').StepEvent) => void} log
 */
export async function prepare(log) {
  if (missingPackages(ROOT).length > 0) {
    const work = () => install({ root: ROOT });
    await runStep(log, 'install', 'installing the dependencies (half a minute)', work, (told) => told);
  } else {
    await install({ root: ROOT }); // Only looks at Node's version.
  }
  await build({ log, root: ROOT });
}

/**
 * Imports a compiled module once `prepare` is through.
 * @param {string} path inside dist/, as `cli/start.js`
 */
export function importBuilt(path) {
  return import(new URL(`../dist/${path}`, import.meta.url).href);
}
