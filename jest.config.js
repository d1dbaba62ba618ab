const esmRequiredByCjs = ['cookie', 'content-disposition'];
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp'], // A second package of our name, while mutants are tried.
  globalSetup: './test/support/globalSetup.mjs',
  globalTeardown: './test/support/globalTeardown.mjs',
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transformIgnorePatterns: [`/node_modules/(?!(${esmRequiredByCjs.join('|')})/)`],
  transform: {
    '^.+\\.[tj]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, sourceMaps: 'inline' },
    ],
  },
  testSequencer: './test/support/longestFirst.mjs',
  maxWorkers: 3, // On two cores: tests wait for servers more than they compute.
  workerIdleMemoryLimit: '800MB', // What a file imported is never let go of, 40 MB each of the API's.
  testTimeout: 60_000,
};
