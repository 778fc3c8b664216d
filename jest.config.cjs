const { availableParallelism, totalmem } = require('node:os');

const shared = {
  testEnvironment: '<rootDir>/test/support/environment.cjs',
  transform: { '^.+\\.(t|j|mj)s$': '@swc/jest' },
  // Nest 12 and a few others are published as ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(@formatjs|@nestjs|@sparticuz|csv-parse|hucre|intl-messageformat)/)',
  ],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  // The SDK is a package of the same name, and nothing here imports it by that. The cache has copies of packages.
  modulePathIgnorePatterns: ['<rootDir>/sdk/package.json', '<rootDir>/.cache/'],
  setupFiles: ['reflect-metadata'],
};

const GIGABYTE = 1024 ** 3;

/**
 * Stories wait as much as they compute: one worker more than there are cores keeps the cores busy. A worker with the
 * browsers and processes of its suite takes up to two gigabytes. Four at most: all share one Postgres and its 300
 * connections, of which a suite takes up to 113, and the longest suite bounds what more would bring.
 */
const memory = Math.min(process.constrainedMemory() || Infinity, totalmem());
const maxWorkers = Math.max(1, Math.min(availableParallelism() + 1, Math.floor(memory / (2 * GIGABYTE)), 4));

module.exports = {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{src,sdk/src}/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'stories',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
  maxWorkers,
  // A worker keeps something of every suite that it ran; a new one costs some seconds.
  workerIdleMemoryLimit: 1.5 * GIGABYTE,
  // Only what hangs takes so long: no test may fail for the speed of its machine.
  testTimeout: 180_000,
};
