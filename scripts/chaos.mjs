// `npm run chaos`: dependencies and build as for every command, then the chaos itself.
import { importBuilt, prepare } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

try {
  await prepare(stepPrinter());
} catch {
  process.exit(1); // The step that failed has said why and what to do.
}
const { chaos } = await importBuilt('bench/chaos/main.js');
process.exit(await chaos(process.argv.slice(2)));
