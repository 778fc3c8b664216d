/**
 * Which events were had: the same one comes again when our answer to it was lost. An id is added once its event is done,
 * so that one that we died over comes again.
 */
export interface SeenEvents {
  has(id: string): Promise<boolean> | boolean;
  add(id: string): Promise<void> | void;
}

const MOST_IDS = 10_000;

/** Ten thousand of them, those that came last, for as long as this process lives. */
export class MemorySeenEvents implements SeenEvents {
  private readonly ids = new Set<string>();

  has(id: string): boolean {
    const isSeen = this.ids.has(id);
    if (isSeen) this.add(id);
    return isSeen;
  }

  add(id: string): void {
    // The order of a set is that of insertion: what came again is the newest.
    this.ids.delete(id);
    this.ids.add(id);
    const [oldest] = this.ids;
    if (this.ids.size > MOST_IDS && oldest !== undefined) this.ids.delete(oldest);
  }
}
