// Mutation score of what decides money: `npm run mutation` runs one area after another and asks 85 % of each.
// Chosen are the pure files in which a wrong sign, limit or word would cost money, and only they: what needs
// Postgres or the engine is judged by the planted faults of test/teeth, which run the product itself.
// - money: reading, writing, rounding and sharing amounts, and the four computations in which a cent may be lost:
//   price, tax of a document, what a part delivery invoices, which lines a payment pays.
// - invoices, collections, commissions: what a credit note takes back, what late money costs, what cash earns.
// - ledger: every posting.
// - approvals: who is asked, whom silence turns to, who may decide, and which two acts no one person may do.
// - messages: what a message means in each stage, who may send it, which step answers it, which wait follows.
// Each group is judged by the tests written for it alone: they are quick, need no server, and a mutant that only a
// test of something else would notice has survived.

const tests = (...names) => names.map((name) => `domain/${name}.test.ts`);

/** Files mutated and the tests that may kill, by area. */
export const AREAS = {
  money: [
    { mutate: ['domain/money/rounding.ts', 'domain/money/shares.ts'], tests: tests('money/rounding') },
    { mutate: ['domain/money/amounts.ts', 'domain/money/currencies.ts'], tests: tests('money/amounts') },
    { mutate: ['domain/quotes/price.ts'], tests: tests('quotes/price', 'quotes/price.property') },
    { mutate: ['domain/taxes/document.ts'], tests: tests('taxes/taxes') },
    { mutate: ['domain/invoices/parts.ts'], tests: tests('invoices/parts') },
    { mutate: ['domain/payments/allocation.ts'], tests: tests('payments/payments') },
  ],
  invoices: [
    { mutate: ['domain/invoices/credits.ts', 'domain/invoices/balance.ts'], tests: tests('invoices/*') },
    { mutate: ['domain/payments/matching.ts', 'domain/payments/debts.ts'], tests: tests('payments/*') },
  ],
  collections: [
    {
      mutate: ['domain/collections/interest.ts', 'domain/collections/charges.ts'],
      tests: tests('collections/*'),
    },
  ],
  commissions: [
    {
      mutate: ['domain/commissions/*.ts', '!domain/commissions/types.ts'],
      tests: tests('commissions/*'),
    },
  ],
  ledger: [{ mutate: ['domain/ledger/*.ts'], tests: tests('ledger/postings') }],
  approvals: [
    {
      mutate: ['domain/approvals/*.ts', '!domain/approvals/types.ts', 'domain/people/toxicPairs.ts'],
      tests: tests('approvals/*', 'people/people'),
    },
  ],
  messages: [
    {
      mutate: ['domain/messages.ts', 'domain/steps.ts', 'domain/waits.ts', 'domain/leads/stages.ts'],
      tests: tests('messages', 'leads/stages'),
    },
  ],
};
/** Per cent of an area's mutants that must be noticed. */
export const AT_LEAST = 85;

const [area, index] = (process.env.L2C_MUTATION_GROUP ?? 'money/0').split('/');
const group = AREAS[area][Number(index)];
const report = `reports/mutation/${area}-${index}`;

export default {
  mutate: group.mutate,
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    projectType: 'custom',
    configFile: 'jest.config.js',
    // The tests are named here; asking Jest which are related would find those that need servers.
    enableFindRelatedTests: false,
    config: {
      // Jest looks at every file under its roots once per mutant.
      roots: ['<rootDir>/domain', '<rootDir>/test/domain'],
      watchman: false,
      testMatch: group.tests.map((pattern) => `<rootDir>/test/${pattern}`),
    },
  },
  coverageAnalysis: 'perTest',
  // A machine that others use as well is slow at times; a mutant is timed out only where it loops.
  timeoutMS: 15_000,
  concurrency: Number(process.env.L2C_MUTATION_WORKERS ?? 1),
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  clearTextReporter: { logTests: false, reportTests: false },
  jsonReporter: { fileName: `${report}.json` },
  htmlReporter: { fileName: `${report}.html` },
  tempDirName: '.stryker-tmp',
  thresholds: { high: 95, low: 90, break: null }, // Of an area, not of a group: scripts/mutation.mjs.
};
