import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PrintJob } from '../../src/report-requests/rendering/browser-slot';
import { TestRenderer } from './test-renderer';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const PRINTS = 10;

describe('what a browser has printed', () => {
  it('is kept by nobody while the browser goes on', async () => {
    const renderer = await TestRenderer.create();
    const { signal } = new AbortController();
    const job: PrintJob = {
      report: Symbol('report'),
      owner: 'client',
      document: { shell: '<!doctype html><body>', body: 'Some text.' },
      tagged: false,
      isLong: false,
    };
    const prints: WeakRef<Buffer>[] = [];
    try {
      for (let count = 0; count < PRINTS; count += 1)
        prints.push(new WeakRef(await renderer.pool.print(job, signal)));
      // What was looked at in this turn stays until it ends.
      await setImmediate();
      collectGarbage();
      const kept = prints.filter((print) => print.deref() !== undefined);
      // The last one may still be in the hands of the loop.
      expect(kept.length).toBeLessThanOrEqual(1);
      expect(renderer.started).toHaveLength(1);
    } finally {
      await renderer.close();
    }
  });
});
