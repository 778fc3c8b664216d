import { inOrder } from './in-order';

async function* count(to: number, onEnd: () => void = () => undefined): AsyncGenerator<number> {
  try {
    for (let number = 0; number < to; number += 1) yield await Promise.resolve(number);
  } finally {
    onEnd();
  }
}

describe('inOrder', () => {
  it('keeps the order, and never works on more than it may', async () => {
    let running = 0;
    let most = 0;
    const results: number[] = [];
    for await (const result of inOrder(count(50), 3, async (number) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < (50 - number) % 7; turn += 1) await Promise.resolve();
      running -= 1;
      return number;
    })) {
      results.push(result);
    }
    expect(results).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(most).toBeLessThanOrEqual(3);
  });

  it('passes a failure on and ends its source', async () => {
    let ended = false;
    const all = async (): Promise<void> => {
      const numbers = inOrder(
        count(50, () => (ended = true)),
        2,
        (number) => (number === 5 ? Promise.reject(new Error('five')) : Promise.resolve(number)),
      );
      for await (const number of numbers) expect(number).toBeLessThan(5);
    };
    await expect(all()).rejects.toThrow('five');
    expect(ended).toBe(true);
  });
});
