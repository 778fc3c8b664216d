/**
 * Milliseconds that the quickest of some tries took. A machine that stands still slows one or two of them; what waits for
 * a timeout slows them all.
 */
export async function quickestOf(tries: number, act: () => Promise<unknown>): Promise<number> {
  let quickest = Infinity;
  for (let count = 0; count < tries; count += 1) {
    const from = performance.now();
    await act();
    quickest = Math.min(quickest, performance.now() - from);
  }
  return quickest;
}

export const medianOf = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
