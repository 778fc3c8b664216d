import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell, CellContext } from './cell';
import { DividedService } from './divided-service';
import { installedSdk } from './installed-sdk';
import { followThroughOutage, type Follower } from './outage';
import { distributionPython } from './python';
import { versionOf } from './packages';

const PROGRAMS = join(__dirname, 'programs');
const REPORTS = 50;
const SECONDS = 60;

interface VersionedFollower extends Follower {
  readonly version: string;
}

async function typeScriptSdk({ packages }: CellContext): Promise<VersionedFollower> {
  const sdk = await installedSdk(packages);
  const program = join(sdk.folder, 'follow-reports.mjs');
  copyFileSync(join(PROGRAMS, 'follow-reports.mjs'), program);
  return {
    command: process.execPath,
    args: [program],
    env: {},
    version: `${versionOf('order-reports', sdk.folder)}, Node ${process.versions.node}`,
  };
}

async function pythonSdk(): Promise<VersionedFollower> {
  const { path, env, version } = await distributionPython();
  return { command: path, args: ['-B', join(PROGRAMS, 'follow_reports.py')], env, version };
}

const outageCell = (sdk: string, followerOf: (context: CellContext) => Promise<VersionedFollower>): Cell => ({
  part: 'On the way',
  name: `${sdk}: a minute without network, and every process restarted`,
  run: async (context) => {
    const { version, ...follower } = await followerOf(context);
    const service = await DividedService.start();
    try {
      const unfinished = await followThroughOutage({
        service,
        follower,
        folder: join(context.packages, 'outage'),
        reports: REPORTS,
        seconds: SECONDS,
        resets: false,
      });
      return {
        version,
        did: `${REPORTS} reports followed, ${unfinished} of them unfinished when every connection fell silent for ${SECONDS} s and API, worker, Postgres and Redis were killed and started: ${REPORTS} files, ${REPORTS} jobs, no call failed`,
      };
    } finally {
      await service.remove();
    }
  },
});

export const OUTAGES: Cell[] = [
  outageCell('TypeScript SDK', typeScriptSdk),
  outageCell('Python SDK', pythonSdk),
];
