import { Batcher } from './batcher';

const LATER = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A batcher whose batches end when the test says so. */
function gated(
  lanes: number,
  most: number,
): {
  batcher: Batcher<number, string>;
  batches: number[][];
  finish: () => Promise<void>;
} {
  const batches: number[][] = [];
  const gates: (() => void)[] = [];
  const batcher = new Batcher<number, string>(
    async (items) => {
      batches.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
      return items.map((item) => `result ${item}`);
    },
    { lanes, most },
  );
  const finish = (): Promise<void> => {
    gates.shift()?.();
    return LATER();
  };
  return { batcher, batches, finish };
}

describe('a batcher', () => {
  it('takes together what comes together, and gives each its own result', async () => {
    const { batcher, batches, finish } = gated(1, 10);
    const results = Promise.all([1, 2, 3].map((item) => batcher.run(item)));
    await LATER();
    await finish();
    expect(batches).toEqual([[1, 2, 3]]);
    await expect(results).resolves.toEqual(['result 1', 'result 2', 'result 3']);
  });

  it('gathers what comes while its lanes are busy, up to a size', async () => {
    const { batcher, batches, finish } = gated(2, 3);
    const all: Promise<string>[] = [];
    for (let item = 0; item < 8; item += 1) {
      all.push(batcher.run(item));
      await LATER();
    }
    expect(batches).toEqual([[0], [1]]);
    for (let round = 0; round < 4; round += 1) await finish();
    expect(batches).toEqual([[0], [1], [2, 3, 4], [5, 6, 7]]);
    await expect(Promise.all(all)).resolves.toHaveLength(8);
  });

  it('tries each by itself when the fault may be of one', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher<number, number>(
      (items) => {
        batches.push(items);
        return items.includes(2) ? Promise.reject(new Error('bad item')) : Promise.resolve(items);
      },
      { lanes: 1, most: 10, mayBeOfOne: (error) => (error as Error).message === 'bad item' },
    );
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.run(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('rejects all of them with a fault of all, once, and goes on', async () => {
    let calls = 0;
    const batcher = new Batcher<number, number>(
      (items) => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error('away')) : Promise.resolve(items);
      },
      { lanes: 1, most: 10, mayBeOfOne: () => false },
    );
    const results = await Promise.allSettled([1, 2].map((item) => batcher.run(item)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(1);
    await expect(batcher.run(3)).resolves.toBe(3);
  });
});
