import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { answersInTime } from '../common/answers-in-time';
import { StoreHealthService } from '../jobs/store-health.service';
import { RedisConnectionsService } from '../redis/redis-connections.service';

/**
 * A standby, or a primary that was made one, answers questions and stores nothing. Locking a row is a write to Postgres, so
 * a session that may not is refused and leaves the pool; there is no row, so nothing is written.
 */
const MAY_WRITE = 'SELECT FROM client WHERE false FOR KEY SHARE';

/** Asks what this process depends on, without ever waiting long for an answer. */
@Injectable()
export class ReadinessService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly redis: RedisConnectionsService,
    private readonly store: StoreHealthService,
  ) {}

  async check(): Promise<{ database: boolean; redis: boolean; store: boolean }> {
    const [database, redis] = await Promise.all([
      answersInTime(this.dataSource.query(MAY_WRITE)),
      this.redis.answers(),
    ]);
    return { database, redis, store: !this.store.isAway };
  }
}
