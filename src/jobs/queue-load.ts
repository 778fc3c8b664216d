/** What a client has in the queue. */
export interface ClientLoad {
  /** Jobs that are worked on. */
  running: number;
  /** Jobs that wait, by type. */
  waiting: Record<string, number>;
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((all, each) => all + each, 0);

/**
 * How many of a client's waiting jobs come before another's that would be that one's `load`th under way: as many as bring
 * this client to the same number. Which of its types they are is not known; they are counted in proportion.
 */
function ahead({ running, waiting }: ClientLoad, load: number): Record<string, number> {
  const all = sum(waiting);
  const share = all === 0 ? 0 : Math.min(all, Math.max(0, load - running)) / all;
  return Object.fromEntries(Object.entries(waiting).map(([type, jobs]) => [type, jobs * share]));
}

/**
 * The whole queue, summed so that one look costs the same for ten thousand clients as for one: what all clients have ahead
 * is a function of the load, linear between the loads at which a client begins to count and has nothing more.
 */
export class QueueLoad {
  readonly running: number;
  /** The loads at which it bends, ascending, and for each type what is ahead there and how much a further load adds. */
  private readonly loads: number[];
  private readonly at = new Map<string, { ahead: number[]; slope: number[] }>();

  constructor(private readonly clients: ReadonlyMap<string, ClientLoad>) {
    const bends = new Map<number, Record<string, number>>([[0, {}]]);
    const bend = (load: number, type: string, by: number): void => {
      const slopes = bends.get(load) ?? {};
      slopes[type] = (slopes[type] ?? 0) + by;
      bends.set(load, slopes);
    };
    const types = new Set<string>();
    let allRunning = 0;
    for (const { running, waiting } of clients.values()) {
      allRunning += running;
      const all = sum(waiting);
      for (const [type, jobs] of Object.entries(waiting)) {
        types.add(type);
        bend(running, type, jobs / all);
        bend(running + all, type, -jobs / all);
      }
    }
    this.running = allRunning;
    this.loads = [...bends.keys()].sort((a, b) => a - b);
    for (const type of types) {
      const [heights, slopes]: [number[], number[]] = [[], []];
      let [height, slope, before] = [0, 0, 0];
      for (const load of this.loads) {
        height += slope * (load - before);
        slope += bends.get(load)?.[type] ?? 0;
        before = load;
        heights.push(height);
        slopes.push(slope);
      }
      this.at.set(type, { ahead: heights, slope: slopes });
    }
  }

  /** How many jobs of each type other clients have before a client's job that would be its `load`th under way. */
  aheadOf(clientId: string, load: number): Record<string, number> {
    const index = lastAtMost(this.loads, load);
    const own = ahead(this.clients.get(clientId) ?? { running: 0, waiting: {} }, load);
    const result: Record<string, number> = {};
    for (const [type, { ahead: heights, slope }] of this.at) {
      const all = (heights[index] ?? 0) + (slope[index] ?? 0) * (load - (this.loads[index] ?? 0));
      const others = Math.round(all - (own[type] ?? 0));
      if (others > 0) result[type] = others;
    }
    return result;
  }
}

/** Index of the last of the ascending numbers that is not above the limit; the first is not. */
function lastAtMost(numbers: number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? Infinity) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
