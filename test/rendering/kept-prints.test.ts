import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PrintJob } from '../../src/report-requests/rendering/browser-slot';
import { PdfJoiner } from '../../src/report-requests/rendering/pdf/pdf-joiner';
import { PdfWriter } from '../../src/report-requests/rendering/pdf/pdf-writer';
import { TestRenderer } from './test-renderer';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const PRINTS = 10;

describe('what a browser has printed', () => {
  it('is kept by nobody while the browser goes on', async () => {
    const renderer = await TestRenderer.create();
    const { signal } = new AbortController();
    const job: PrintJob = {
      owner: 'client',
      document: { shell: '<!doctype html><body>', body: Buffer.from('Some text.') },
      tagged: false,
      isLarge: false,
    };
    const prints: WeakRef<Buffer>[] = [];
    try {
      for (let count = 0; count < PRINTS; count += 1)
        prints.push(new WeakRef(await renderer.pool.print(job, signal)));
      // What was read in this run of the event loop is kept until that ends.
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

describe('a part that was joined', () => {
  it('leaves nothing behind but its place in the file', async () => {
    const renderer = await TestRenderer.create();
    const writer = new PdfWriter();
    const joiner = new PdfJoiner(writer, 19);
    /** Bytes of the heap, once so many parts were joined. */
    const heapAfter = async (pdf: Buffer, parts: number): Promise<number> => {
      for (let count = 0; count < parts; count += 1) {
        await joiner.add({ pdf, pages: 1, bookmarks: [] });
        writer.take();
      }
      await setImmediate();
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    try {
      const document = { shell: '<!doctype html><body>', body: Buffer.from('Some text.') };
      const job = { owner: 'client', document, tagged: false, isLarge: true };
      const pdf = await renderer.pool.print(job, new AbortController().signal);
      const before = await heapAfter(pdf, 500);
      expect(((await heapAfter(pdf, 2_000)) - before) / 2_000).toBeLessThan(300);
    } finally {
      await renderer.close();
    }
  });
});
