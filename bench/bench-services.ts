import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import type { Place } from './noop-jobs';

/** Does work beside a Postgres, migrated, and a Redis of its own, which are gone with their data after it. */
export async function withServices<Result>(work: (place: Place) => Promise<Result>): Promise<Result> {
  const dataDir = mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  const services = await startEmbeddedServices({
    dataDir,
    postgres: true,
    redis: true,
    durable: true,
    log: () => undefined,
  });
  try {
    const databaseUrl = services.databaseUrl ?? '';
    await migrate(databaseUrl);
    return await work({ databaseUrl, redisUrl: services.redisUrl ?? '', dataDir });
  } finally {
    await services.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
