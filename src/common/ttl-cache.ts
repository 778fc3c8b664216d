import { LRUCache } from 'lru-cache';

/**
 * Keeps what is dear to look up for a while. Whoever asks while a look-up is under way waits for that one; one that fails
 * is not kept.
 */
export class TtlCache<Value> {
  private readonly entries: LRUCache<string, { value: Promise<Value> }>;

  /**
   * @param ttlMs for how long a value is as good as a new one
   * @param max entries; the one that was asked for least recently goes first
   */
  constructor(
    private readonly ttlMs: (value: Value) => number,
    max = 10_000,
  ) {
    this.entries = new LRUCache({ max, ttlResolution: 0 });
  }

  get(key: string, lookUp: () => Promise<Value>): Promise<Value> {
    const known = this.entries.get(key);
    if (known !== undefined) return known.value;
    const entry = { value: lookUp() };
    this.entries.set(key, entry);
    entry.value.then(
      (value) => {
        if (this.entries.peek(key) === entry)
          this.entries.set(key, entry, { ttl: Math.max(1, this.ttlMs(value)) });
      },
      () => {
        if (this.entries.peek(key) === entry) this.entries.delete(key);
      },
    );
    return entry.value;
  }
}
