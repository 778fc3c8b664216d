const { TestEnvironment } = require('jest-environment-node');

// A worker of a run that was killed would go on with its suites, without the run's Postgres and Redis. Suites see a
// copy of `process` that hears nothing; this module is loaded outside of them. Not a listener for `disconnect`: that keeps
// the channel open, and with it a worker that has nothing more to do, until Jest kills it.
setInterval(() => {
  if (process.send !== undefined && !process.connected) process.exit(1);
}, 500).unref();

module.exports = TestEnvironment;
