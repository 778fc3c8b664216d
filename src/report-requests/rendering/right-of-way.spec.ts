import { RightOfWay } from './right-of-way';

describe('RightOfWay', () => {
  let way: RightOfWay;
  /** What long reports have done. */
  let done: string[];

  const long = async (name: string): Promise<void> => {
    await way.giveWay();
    done.push(name);
  };
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

  beforeEach(() => {
    jest.useFakeTimers();
    way = new RightOfWay();
    done = [];
  });

  afterEach(() => jest.useRealTimers());

  it('lets long reports work when there is no short one', async () => {
    await long('one');
    expect(done).toEqual(['one']);
  });

  it('holds all long reports until the last short one has ended and been told of', async () => {
    const leave = [way.enter(), way.enter()];
    void long('one');
    await pass(10);
    void long('other');
    leave[0]!();
    await pass(20);
    leave[0]!();
    leave[1]!();
    await pass(9);
    expect(done).toEqual([]);
    await pass(1);
    expect(done).toEqual(['one', 'other']);
  });

  it('holds them for a tenth of a second at the most', async () => {
    way.enter();
    void long('one');
    await pass(99);
    expect(done).toEqual([]);
    await pass(1);
    expect(done).toEqual(['one']);
  });

  it.each([1, 2, 7])('leaves them two thirds of the time, asking after %d ms of work each', async (step) => {
    way.enter();
    let worked = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        await way.giveWay();
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
