interface Entry<Value> {
  value: Promise<Value>;
  /** Until when it is good enough, in milliseconds since the epoch. */
  until: number;
}

/** Keeps what is dear to look up for a while. Whoever asks while a look-up is under way waits for that one. */
export class Remembered<Value> {
  private readonly entries = new Map<string, Entry<Value>>();

  /** @param freshMs for how long a value is as good as a new one */
  constructor(
    private readonly freshMs: (value: Value) => number,
    private readonly most = 10_000,
  ) {}

  get(key: string, lookUp: () => Promise<Value>): Promise<Value> {
    const known = this.entries.get(key);
    if (known !== undefined && Date.now() < known.until) return known.value;
    if (this.entries.size >= this.most) this.entries.clear();
    const entry: Entry<Value> = { value: lookUp(), until: Infinity };
    this.entries.set(key, entry);
    entry.value.then(
      (value) => {
        entry.until = Date.now() + this.freshMs(value);
      },
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry.value;
  }
}
