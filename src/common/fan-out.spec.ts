import * as fc from 'fast-check';
import { FanOut } from './fan-out';

const AHEAD = 3;
const never = (): AbortSignal => new AbortController().signal;

async function* count(to: number, onEnd: () => void = () => undefined): AsyncGenerator<number> {
  try {
    for (let number = 0; number < to; number += 1) yield await Promise.resolve(number);
  } finally {
    onEnd();
  }
}

const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Lets everything go on that can. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function all(items: AsyncIterable<number>): Promise<number[]> {
  const read: number[] = [];
  for await (const item of items) read.push(item);
  return read;
}

describe('FanOut', () => {
  it('gives each reader everything, reads it once, and lets nobody be far ahead', async () => {
    const readers = fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 7 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(30), readers, async (length, delays) => {
        let taken = 0;
        let ends = 0;
        const source = async function* () {
          for await (const item of count(length, () => (ends += 1))) {
            taken += 1;
            yield item;
          }
        };
        const read = delays.map((): number[] => []);
        const fan = new FanOut(source(), delays.length, AHEAD, never());
        await Promise.all(
          delays.map(async (waits, index) => {
            for await (const item of fan.reader(index)) {
              for (let left = waits[item % waits.length]!; left > 0; left -= 1) await Promise.resolve();
              read[index]!.push(item);
              const counts = read.map(({ length: has }) => has);
              expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(AHEAD + 1);
            }
          }),
        );
        expect(read).toEqual(delays.map(() => upTo(length)));
        expect([taken, ends]).toEqual([length, 1]);
      }),
    );
  });

  it('waits for the slowest, but not for one that is closed', async () => {
    const fan = new FanOut(count(10), 3, AHEAD, never());
    const slow = fan.reader(1);
    await slow.next();
    await fan.close(2);
    const read: number[] = [];
    const fast = (async () => {
      for await (const item of fan.reader(0)) read.push(item);
    })();
    await settle();
    expect(read).toEqual(upTo(AHEAD));
    await slow.return(undefined);
    await fast;
    expect(read).toEqual(upTo(10));
  });

  it('ends the source with the last reader', async () => {
    let ended = false;
    const fan = new FanOut(
      count(10, () => (ended = true)),
      2,
      AHEAD,
      never(),
    );
    const first = fan.reader(0);
    await first.next();
    await first.return(undefined);
    expect(ended).toBe(false);
    await fan.close(1);
    expect(ended).toBe(true);
  });

  it("passes the source's failure on to every reader", async () => {
    const source = async function* () {
      yield* count(2);
      throw new Error('The disk is gone.');
    };
    const fan = new FanOut(source(), 2, AHEAD, never());
    const results = await Promise.allSettled([all(fan.reader(0)), all(fan.reader(1))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('ends a wait when it is aborted', async () => {
    const stop = new AbortController();
    const waiting = all(new FanOut(count(10), 2, AHEAD, stop.signal).reader(0));
    await settle();
    stop.abort(new Error('Nobody wants it.'));
    await expect(waiting).rejects.toThrow('Nobody wants it.');
  });

  it('is read once by each', async () => {
    const fan = new FanOut(count(3), 1, AHEAD, never());
    await all(fan.reader(0));
    await expect(all(fan.reader(0))).rejects.toThrow('already');
  });
});
