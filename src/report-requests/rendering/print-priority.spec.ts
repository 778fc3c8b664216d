import { PrintPriority } from './print-priority';

describe('PrintPriority', () => {
  let priority: PrintPriority;
  /** What large reports have done. */
  let done: string[];

  const large = async (name: string): Promise<void> => {
    await priority.yield();
    done.push(name);
  };
  /** A report that is under way until the returned function is called. */
  const small = (): (() => void) => {
    let end: () => void = () => undefined;
    void priority.run(() => new Promise<void>((resolve) => (end = resolve)));
    return end;
  };
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

  beforeEach(() => {
    jest.useFakeTimers();
    priority = new PrintPriority();
    done = [];
  });

  afterEach(() => jest.useRealTimers());

  it('lets large reports work when there is no small one', async () => {
    await large('one');
    expect(done).toEqual(['one']);
  });

  it('lets all large reports wait until the last small one has ended and its end is stored', async () => {
    const end = [small(), small()];
    void large('one');
    await pass(10);
    void large('other');
    end[0]!();
    await pass(20);
    end[0]!();
    end[1]!();
    await pass(9);
    expect(done).toEqual([]);
    await pass(1);
    expect(done).toEqual(['one', 'other']);
  });

  it('lets them wait for a tenth of a second at the most', async () => {
    small();
    void large('one');
    await pass(99);
    expect(done).toEqual([]);
    await pass(1);
    expect(done).toEqual(['one']);
  });

  it.each([
    ['that turns out to be large', (isLarge: () => void) => (isLarge(), new Promise<void>(() => undefined))],
    ['that fails', () => Promise.reject(new Error('No.'))],
  ])('lets nobody wait for one %s', async (_, make) => {
    void priority.run(make).catch(() => undefined);
    await pass(10);
    await large('one');
    expect(done).toEqual(['one']);
  });

  it('reads for large reports in the same way', async () => {
    const read: number[] = [];
    const end = small();
    const batches = async function* (): AsyncGenerator<number> {
      yield* await Promise.resolve([1, 2]);
    };
    void (async () => {
      for await (const batch of priority.yielding(batches())) read.push(batch);
    })();
    await pass(99);
    expect(read).toEqual([1]);
    end();
    await pass(10);
    expect(read).toEqual([1, 2]);
  });

  it.each([1, 2, 7])('leaves them two thirds of the time, asking after %d ms of work each', async (step) => {
    small();
    let worked = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        await priority.yield();
        await new Promise((resolve) => setTimeout(resolve, step));
        worked += step;
      }
    };
    void work();
    await pass(30_000);
    expect(worked).toBeGreaterThan(19_000);
    expect(worked).toBeLessThan(21_500);
  });
});
