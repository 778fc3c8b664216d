import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedServices } from '../../src/embedded/embedded-services';
import { createTemplate } from './test-database';
import { makeDataDir, removeDataDir, sweepAbandonedDataDirs } from './test-data-dir';

/** What the application reads: the developer's own settings must not reach the tests. */
const APPLICATION_VARIABLES = [
  'ROLE',
  'PORT',
  'HOST',
  'PUBLIC_URL',
  'DATABASE_URL',
  'MIGRATE_ON_START',
  'REDIS_URL',
  'DATA_DIR',
  'STORAGE_URL',
  'ADMIN_API_KEY',
  'DEMO_API_KEY',
  'SAMPLE_DATA',
  'CALLBACK_ALLOWED_ADDRESSES',
  'CALLBACK_RETRY_SCHEDULE',
  'CALLBACK_TIMEOUT_SECONDS',
  'CALLBACK_DISABLE_AFTER',
  'WEBHOOK_MASTER_KEYS',
  'RENDER_CONCURRENCY',
  'JOB_LEASE_SECONDS',
  'ARTIFACT_RETENTION_DAYS',
  'CORS_ORIGINS',
  'TRUSTED_PROXIES',
  'MAX_JOBS_IN_FLIGHT',
  'RATE_LIMIT_SUBMIT',
  'RATE_LIMIT_POLL',
  'RATE_LIMIT_OTHER',
  'RATE_LIMIT_ADDRESS',
  'HELD_REQUESTS_PER_CLIENT',
  'EXTERNAL_TASK_TYPES',
  'LOG_LEVEL',
];

declare global {
  /** Set by the global set-up for the global tear-down, which runs in the same process. */
  var stopTestServices: (() => Promise<void>) | undefined;
}

/** One Postgres and one Redis for the whole run, started as the application starts its own. */
export default async function globalSetup(): Promise<void> {
  for (const name of APPLICATION_VARIABLES) Reflect.deleteProperty(process.env, name);
  await sweepAbandonedDataDirs();
  const dataDir = makeDataDir();
  const log = (line: string): void => console.log(`test services: ${line}`);
  const services = await startEmbeddedServices({ dataDir, postgres: true, redis: true, durable: false, log });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= services.stop().then(() => removeDataDir(dataDir)));
  globalThis.stopTestServices = stop;
  // Jest skips the tear-down when it is interrupted. The signal may come twice, from the terminal and from our parent.
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => void stop().finally(() => process.exit(exitCode)));
  }
  process.env['TEST_FILES_DIR'] = mkdtempSync(join(dataDir, 'files-'));
  process.env['TEST_DATABASE_URL'] = services.databaseUrl;
  process.env['TEST_REDIS_URL'] = services.redisUrl;
  // After a failed set-up there is no tear-down.
  await createTemplate().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
}
