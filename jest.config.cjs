const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.(t|j|mj)s$': '@swc/jest' },
  // Nest 12 and a few others are published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs|@sparticuz|csv-parse)/)'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  setupFiles: ['reflect-metadata'],
};

module.exports = {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'stories',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
  // Only what hangs takes so long: no test may fail for the pace of its machine.
  testTimeout: 180_000,
};
