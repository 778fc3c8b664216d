/**
 * Lets several readers have all items of a source that is read once: each gets them in the order of the source, and nobody is
 * more than `ahead` items before the slowest, so that no more are in memory.
 */
export class FanOut<Item> {
  private readonly items: AsyncIterator<Item>;
  /** What somebody has still to read, by its place in the source. */
  private readonly window = new Map<number, Promise<IteratorResult<Item>>>();
  /** How many items each reader has read. Who reads no further holds up nobody. */
  private readonly read: number[];
  private waiting: (() => void)[] = [];

  /**
   * @param readers how many; each reads to its end, or is closed
   * @param signal ends every wait for a slower one
   */
  constructor(
    source: AsyncIterable<Item>,
    readers: number,
    private readonly ahead: number,
    private readonly signal: AbortSignal,
  ) {
    this.items = source[Symbol.asyncIterator]();
    this.read = Array.from({ length: readers }, () => 0);
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  /**
   * What one of them reads, once.
   *
   * @throws what the source throws, and the signal's reason when it is aborted
   */
  async *reader(index: number): AsyncGenerator<Item> {
    if (this.read[index] !== 0) throw new Error('This has been read already.');
    try {
      for (let place = 0; ; place += 1) {
        await this.room(place);
        const item = await this.at(place);
        if (item.done === true) return;
        yield item.value;
        this.advance(index, place + 1);
      }
    } finally {
      await this.close(index);
    }
  }

  /** One of them reads nothing, or no further. The last one closes the source. */
  async close(index: number): Promise<void> {
    this.advance(index, Number.POSITIVE_INFINITY);
    if (this.slowest === Number.POSITIVE_INFINITY) await this.items.return?.();
  }

  private get slowest(): number {
    return Math.min(...this.read);
  }

  private async room(place: number): Promise<void> {
    this.signal.throwIfAborted();
    while (place - this.slowest >= this.ahead) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      this.signal.throwIfAborted();
    }
  }

  private at(place: number): Promise<IteratorResult<Item>> {
    let item = this.window.get(place);
    if (item === undefined) {
      item = this.items.next();
      this.window.set(place, item);
    }
    return item;
  }

  private advance(index: number, read: number): void {
    this.read[index] = read;
    for (const place of this.window.keys()) if (place < this.slowest) this.window.delete(place);
    this.wake();
  }

  private wake(): void {
    for (const goOn of this.waiting.splice(0)) goOn();
  }
}
