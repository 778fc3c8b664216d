/**
 * Works on up to `ahead` items of a source at once, and yields the results in the order of the source. The source is
 * asked for the next item only when there is room for it.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const pending: Promise<Result>[] = [];
  for await (const item of source) {
    const result = work(item);
    // Whoever takes the result hears of the failure; until then it is not unhandled.
    result.catch(() => undefined);
    pending.push(result);
    const first = pending.length >= ahead ? pending.shift() : undefined;
    if (first) yield await first;
  }
  for (const result of pending) yield await result;
}
