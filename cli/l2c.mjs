#!/usr/bin/env node
// The command `l2c`. Silent unless something must be installed or built first; its own output stays clean.
import { importBuilt, prepare } from '../scripts/prepare.mjs';
import { stepPrinter } from '../scripts/steps.mjs';

try {
  await prepare(stepPrinter());
} catch {
  process.exit(1); // The step that failed has said why and what to do.
}
const { main } = await importBuilt('cli/main.js');
const code = await main(process.argv.slice(2));
if (typeof code === 'number') process.exitCode = code;
