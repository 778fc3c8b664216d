import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppConfig, readEnvironment } from '../../src/config/app-config';

export const ADMIN_KEY = 'test-admin-key-0123456789abcdefghij';
export const DEMO_KEY = 'test-demo-key-0123456789abcdefghijk';

/** A configuration for one application under test, over its own database and Redis, read like a real one. */
export function testConfig(
  services: { databaseUrl: string; redisUrl: string },
  variables: NodeJS.ProcessEnv = {},
): AppConfig {
  const environment = readEnvironment({
    PORT: '0',
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    // Within the data of the run, which is removed with everything in it.
    DATA_DIR: mkdtempSync(join(process.env['TEST_FILES_DIR'] ?? tmpdir(), 'order-reports-test-files-')),
    // Every worker starts its browsers, and few tests print; jobs run side by side all the same.
    RENDER_CONCURRENCY: '1',
    JOB_CONCURRENCY: '4',
    // Tests do not wait as long as `Retry-After` says.
    RATE_LIMIT_POLL: '100000',
    LOG_LEVEL: 'error',
    ADMIN_API_KEY: ADMIN_KEY,
    DEMO_API_KEY: DEMO_KEY,
    ...variables,
  });
  return new AppConfig(environment, services);
}
