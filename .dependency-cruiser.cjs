// Imports go one way: domain ← contracts, db ← activities, workflows ← api, worker ← engine, cli. `npm run imports`
// checks it; test/house/imports.test.ts breaks each rule in a fixture and sees it caught.
const outside =
  '(^|/)node_modules/(typebox|dinero\\.js|zod|pg|fastify|temporal-polyfill)/|^((node:)?(fs|path|crypto|net|http|https|os|child_process|url)$)';
const direct = { dependencyTypesNot: ['type-only'] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'domain/ knows nothing but itself; only the calendar may use the date library',
      severity: 'error',
      from: { path: '^domain/', pathNot: '^domain/calendar/zones\\.ts$' },
      to: { pathNot: '^domain/' },
    },
    {
      name: 'workflows-reach-nothing-outside',
      comment:
        'a schema library alone makes an open lead 50 times heavier, and a clock or file breaks replay',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { reachable: true, path: outside },
    },
    {
      name: 'workflows-import-domain-only',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^(activities|api|cli|contracts|db|documents|engine|worker)/', ...direct },
    },
    {
      name: 'contracts-import-domain-only',
      severity: 'error',
      from: { path: '^contracts/' },
      to: { path: '^(activities|api|cli|db|documents|engine|worker|workflows)/', ...direct },
    },
    {
      name: 'db-imports-domain-and-contracts-only',
      severity: 'error',
      from: { path: '^db/' },
      to: { path: '^(activities|api|cli|engine|worker|workflows)/', ...direct },
    },
    {
      name: 'documents-import-domain-only',
      severity: 'error',
      from: { path: '^documents/' },
      to: { path: '^(activities|api|cli|contracts|db|engine|worker|workflows)/', ...direct },
    },
    {
      name: 'activities-import-downwards',
      severity: 'error',
      from: { path: '^activities/' },
      to: { path: '^(api|cli|engine|worker|workflows)/', ...direct },
    },
    {
      name: 'api-writes-through-intake',
      comment: 'stage, approval, order, invoice and commission change only inside a step a workflow runs',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^activities/[^/]+\\.ts$', ...direct },
    },
    {
      name: 'api-and-worker-stand-alone',
      severity: 'error',
      from: { path: '^(activities|api|contracts|db|documents|domain|worker|workflows)/' },
      to: { path: '^(cli|engine)/', ...direct },
    },
    {
      name: 'verify-shares-no-code',
      comment: 'what checks the engine must not repeat its mistakes',
      severity: 'error',
      from: { path: '^cli/verify/' },
      to: { path: '^(activities|api|contracts|db|domain|workflows)/', pathNot: '^db/pool\\.ts$' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { pathNot: '^node_modules' },
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test|bench)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
