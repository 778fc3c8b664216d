import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';
import { DataSource } from 'typeorm';
import { answersWithin } from '../common/answers-within';
import { JOBS_QUEUE } from '../jobs/job-wake-ups';
import { StoreHealth } from '../jobs/store-health.service';

/** Probes of platforms give up after a second; a Redis that is silent must not take processes out of service. */
const PATIENCE_MS = 400;

/**
 * A standby, or a primary that was made one, answers questions and stores nothing. Locking a row is a write to Postgres, so
 * a session that may not is refused and leaves the pool; there is no row, so nothing is written.
 */
const MAY_WRITE = 'SELECT FROM client WHERE false FOR KEY SHARE';

/** Asks what this process depends on, without ever waiting long for an answer. */
@Injectable()
export class Readiness {
  constructor(
    private readonly dataSource: DataSource,
    @InjectQueue(JOBS_QUEUE) private readonly queue: Queue,
    private readonly store: StoreHealth,
  ) {}

  async check(): Promise<{ database: boolean; redis: boolean; store: boolean }> {
    const [database, redis] = await Promise.all([
      answersWithin(PATIENCE_MS, this.dataSource.query(MAY_WRITE)),
      answersWithin(PATIENCE_MS, this.queue.client.ping()),
    ]);
    return { database, redis, store: !this.store.isAway };
  }
}
