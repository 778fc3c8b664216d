import { RateLimitStorageService } from '../../src/rate-limits/rate-limit-storage.service';
import { waitFor } from '../support/services';
import type { TestApp } from '../support/test-app';

/** Resolves when the application counts requests in Redis: until it has a connection it counts them by itself. */
export async function countsInRedis({ app }: TestApp): Promise<void> {
  const storage = app.get(RateLimitStorageService, { strict: false });
  await waitFor(() => !storage['isAway'](), {
    what: 'the count in Redis',
  });
}
