// `npm test`: dependencies, build, Jest. The last line says how many tests passed and failed; it fails as well
// when no test ran. `--long` runs the long forms; every other argument goes to Jest.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

const args = process.argv.slice(2).filter((arg) => arg !== '--long');
const isLong = args.length < process.argv.length - 2;
process.exitCode = await test();

async function test() {
  try {
    await prepare(stepPrinter());
  } catch {
    return conclude(0, 1); // The step that failed has said why.
  }
  const folder = mkdtempSync(join(tmpdir(), 'l2c-test-'));
  try {
    const code = await jest(join(folder, 'results.json'));
    return report(join(folder, 'results.json'), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function jest(outputFile) {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      `--import=${new URL('./endWithParent.mjs', import.meta.url).href}`,
      join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--json',
      `--outputFile=${outputFile}`,
      ...args,
    ],
    {
      cwd: ROOT,
      // Jest's JSON goes to the file; with --json its stdout holds nothing else, its report is on stderr.
      stdio: ['inherit', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...(isLong ? { L2C_LONG: '1' } : {}) },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? `was stopped by ${signal}` : code));
  });
}

function report(outputFile, code) {
  let results;
  try {
    results = JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch {
    process.stderr.write(
      `Jest ${typeof code === 'number' ? `ended with ${code}` : code} and wrote no results\n`,
    );
    return conclude(0, 1);
  }
  // A file that cannot be loaded fails without a single test of its own.
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  if (results.numPassedTests + failed === 0) {
    process.stderr.write('no test ran\n');
    return conclude(0, 0) || 1;
  }
  if (code !== 0 && failed === 0) {
    process.stderr.write(
      `all tests passed, but Jest ${typeof code === 'number' ? `ended with ${code}` : code}\n`,
    );
    return conclude(results.numPassedTests, 1);
  }
  return conclude(results.numPassedTests, failed);
}

function conclude(passed, failed) {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
