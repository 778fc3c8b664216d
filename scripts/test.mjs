// Runs all tests, or those that the arguments name: `npm test -- test/orders`. Arguments are Jest's own.
// TEST_REPORT=<file> writes Jest's JSON report there as well.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const report = process.env.TEST_REPORT;
const args = ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)];
if (report) args.push('--json', `--outputFile=${report}`);

const jest = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, NODE_ENV: 'test' } });
// A terminal signals Jest as well as us; it ends in its own time, after the services that it started.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
jest.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
