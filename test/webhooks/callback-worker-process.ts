import 'reflect-metadata';
import { endWithParent } from '../support/end-with-parent';
import { CallbackHarness } from './callback-harness';

/** A worker in a process of its own, to be killed. Its services and settings come by the environment. */
async function main(): Promise<void> {
  endWithParent();
  const {
    HARNESS_DATABASE_URL: databaseUrl = '',
    HARNESS_REDIS_URL: redisUrl = '',
    HARNESS_SETTINGS = '{}',
  } = process.env;
  await CallbackHarness.start({ databaseUrl, redisUrl }, JSON.parse(HARNESS_SETTINGS) as NodeJS.ProcessEnv);
  console.log('ready');
}

void main();
