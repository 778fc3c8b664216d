const { TestEnvironment } = require('jest-environment-node');

// A worker of a run that was killed would go on with its suites, without the run's Postgres and Redis. Suites see a
// copy of `process` that hears nothing; this module is loaded outside of them.
process.once('disconnect', () => process.exit(1));

module.exports = TestEnvironment;
