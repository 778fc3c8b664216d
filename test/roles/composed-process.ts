import 'reflect-metadata';
import { createApp } from '../../src/app/app.setup';
import { endWithParent } from '../support/end-with-parent';
import { testConfig } from '../support/test-config';

/** Composes the application in a process of its own, and prints the packages that are loaded then. */
async function main(): Promise<void> {
  endWithParent();
  const { TEST_DATABASE_URL: databaseUrl = '', TEST_REDIS_URL: redisUrl = '' } = process.env;
  const { ROLE, STORAGE_URL } = process.env;
  await createApp(testConfig({ databaseUrl, redisUrl }, { ROLE, STORAGE_URL }));
  const files = Object.keys(require.cache);
  const names = files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  console.log(`loaded: ${JSON.stringify([...new Set(names)])}`);
  process.exit(0);
}

void main();
