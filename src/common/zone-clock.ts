const DAY_MS = 24 * 60 * 60_000;
/** More than half a century; who has more of them pays with time instead of memory. */
const MOST_KNOWN = 20_000;

/** What the clocks of a time zone show. Times are in milliseconds since 1970; a wall time is what a clock shows, as if it were UTC. */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  /** By day of UTC the offset that it begins and ends with; `null` for a day on which clocks are changed. */
  private readonly days = new Map<number, number | null>();

  /** @param timeZone IANA, of those that this runtime knows */
  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  toWall(time: number): number {
    return time + this.offsetAt(time);
  }

  /** @returns a wall time that comes twice is the first of them, one that does not come is moved on */
  toUtc(wall: number): number {
    for (const near of [-DAY_MS, DAY_MS]) {
      const time = wall - this.offsetAt(wall + near);
      if (wall - time === this.offsetAt(time)) return time;
    }
    return wall - this.offsetAt(wall - DAY_MS);
  }

  /** By how much the clocks are ahead of UTC. To ask takes microseconds; that the days are known makes it one for each day. */
  private offsetAt(time: number): number {
    const day = Math.floor(time / DAY_MS);
    let known = this.days.get(day);
    if (known === undefined) {
      // No zone changes its clocks twice within a day of UTC.
      const [start, end] = [this.askedAt(day * DAY_MS), this.askedAt((day + 1) * DAY_MS)];
      known = start === end ? start : null;
      if (this.days.size >= MOST_KNOWN) this.days.clear();
      this.days.set(day, known);
    }
    return known ?? this.askedAt(time);
  }

  private askedAt(time: number): number {
    const parts = Object.fromEntries(this.format.formatToParts(time).map(({ type, value }) => [type, value]));
    const shown = Date.UTC(
      Number(parts['year']),
      Number(parts['month']) - 1,
      Number(parts['day']),
      Number(parts['hour']),
      Number(parts['minute']),
      Number(parts['second']),
    );
    return shown - Math.floor(time / 1_000) * 1_000;
  }
}
