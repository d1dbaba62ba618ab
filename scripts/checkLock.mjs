// Checks that `npm ci` will accept the lock file on every platform: each optional dependency a package names is
// in it (newest releases sometimes lack other platforms' binaries), and no download address stands in it.
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
const { packages } = JSON.parse(text);

/** Where Node would look for a dependency of the package at `path`: beside it, then in each folder above. */
function* candidates(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    yield `${folder && `${folder}/`}node_modules/${name}`;
    if (!folder) return;
    if (!folder.includes('/node_modules/')) {
      yield `node_modules/${name}`;
      return;
    }
  }
}

const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies)
    .filter((name) => ![...candidates(path, name)].some((place) => packages[place]))
    .map((name) => `${path || 'package.json'} needs ${name}`),
);
const problems = [
  ...missing.map((line) => `the lock file lacks an optional package, npm ci will refuse it: ${line}`),
  ...(text.includes('"resolved"') ? ['the lock file holds download addresses; see .npmrc'] : []),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`lock file complete: ${Object.keys(packages).length} packages`);
