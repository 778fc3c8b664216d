import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDataDir, removeDataDir, sweepAbandonedDataDirs } from '../support/test-data-dir';

const DEAD = JSON.stringify({ pid: 1, startedAt: 'another boot:1' });

it('a test run removes what a dead run left, and nothing of one that goes on', async () => {
  const [left, killedOnPurpose] = [makeDataDir(), makeDataDir()];
  for (const dir of [left, killedOnPurpose]) writeFileSync(join(dir, 'embedded.lock'), DEAD);
  writeFileSync(join(left, 'test-run.process'), DEAD);
  await sweepAbandonedDataDirs();
  expect([existsSync(left), existsSync(killedOnPurpose)]).toEqual([false, true]);
  removeDataDir(killedOnPurpose);
});
