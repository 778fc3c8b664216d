import { withoutLogContext } from './log-context';

export interface BatcherOptions {
  /** Batches that may be under way at the same time. */
  lanes: number;
  /** Items in one batch. */
  most: number;
  /** Whether an error may be the fault of a single item, after which each is tried by itself. */
  mayBeOfOne?: (error: unknown) => boolean;
}

interface Entry<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Does for many at once what they ask for at the same time. Alone, an item does not wait; what comes while every lane is
 * busy is gathered into the next batch, so that the batches grow with the load.
 */
export class Batcher<Item, Result> {
  private waiting: Entry<Item, Result>[] = [];
  private underWay = 0;
  private scheduled = false;

  /** @param work answers a result for each item, in their order */
  constructor(
    private readonly work: (items: Item[]) => Promise<Result[]>,
    private readonly options: BatcherOptions,
  ) {}

  run(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** At the end of this turn of the event loop, which may bring more. */
  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0 || this.underWay >= this.options.lanes) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const batch = this.waiting.splice(0, this.options.most);
      this.underWay += 1;
      void withoutLogContext(() => this.settle(batch)).finally(() => {
        this.underWay -= 1;
        this.schedule();
      });
      this.schedule();
    });
  }

  private async settle(batch: Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await this.work(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (batch.length > 1 && this.options.mayBeOfOne?.(error) === true) {
        for (const entry of batch) await this.settle([entry]);
      } else for (const { reject } of batch) reject(error);
    }
  }
}
