// `npm run load`: dependencies and build as for every command, then the load itself.
import { importBuilt, prepare } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

try {
  await prepare(stepPrinter());
} catch {
  process.exit(1); // The step that failed has said why and what to do.
}
const { load } = await importBuilt('bench/load/main.js');
process.exit(await load(process.argv.slice(2)));
