/** A map of at most so many entries: a new one takes the place of the one that was used least recently. */
export class LruMap<Key, Value> {
  /** In the order of their last use. */
  private readonly entries = new Map<Key, Value>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: Key): Value | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.put(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.put(key, value);
    if (this.entries.size <= this.most) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  delete(key: Key): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  values(): MapIterator<Value> {
    return this.entries.values();
  }

  /** Behind all others. */
  private put(key: Key, value: Value): void {
    this.entries.delete(key);
    this.entries.set(key, value);
  }
}
