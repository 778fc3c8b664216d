import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstalledPackage } from '../sdk/installed-package';
import { DividedService } from './divided-service';
import { followThroughOutage } from './outage';

/** It starts eight processes, beside whatever else runs. */
const TIMEOUT_MS = 300_000;

test(
  'no call fails while the network is away and every process is restarted',
  async () => {
    const sdk = await InstalledPackage.shared();
    const program = join(sdk.folder, 'follow-reports.mjs');
    copyFileSync(join(__dirname, 'programs/follow-reports.mjs'), program);
    const service = await DividedService.start({
      JOB_LEASE_SECONDS: '5',
      RENDER_CONCURRENCY: '1',
      JOB_CONCURRENCY: '1',
    });
    try {
      const unfinished = await followThroughOutage({
        service,
        follower: { command: process.execPath, args: [program], env: {} },
        folder: join(sdk.folder, 'followed'),
        reports: 10,
        seconds: 5,
        resets: true,
      });
      expect(unfinished).toBeGreaterThan(0);
    } finally {
      await service.remove();
    }
  },
  TIMEOUT_MS,
);
