// `npm run bench`: dependencies and build as for every command, then the bench itself.
import { importBuilt, prepare } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

try {
  await prepare(stepPrinter());
} catch {
  process.exit(1); // The step that failed has said why and what to do.
}
const { bench } = await importBuilt('bench/main.js');
process.exit(await bench(process.argv.slice(2)));
