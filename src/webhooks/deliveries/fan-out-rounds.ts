/**
 * @param taken to be told as soon as it is known whether there are more events
 * @param turn resolves when the round before has ended
 */
type Round = (taken: (more: boolean) => void, turn: () => Promise<unknown>) => Promise<void>;

/** Rounds of the fan-out, two at a time: one writes its messages while the deliveries of the one before are written and begin. */
export class FanOutRounds {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly round: Round) {}

  /**
   * Until there are no more events.
   *
   * @throws what a round throws, after those that began with it
   */
  async run(isStopping: () => boolean): Promise<void> {
    let done = Promise.resolve();
    for (let more = true; more && !isStopping();) {
      const round = this.begin();
      more = await round.taken;
      await done;
      done = round.done;
    }
    await done;
  }

  /** Resolves when all that have begun have ended. */
  async ended(): Promise<void> {
    await this.last;
  }

  private begin(): { taken: Promise<boolean>; done: Promise<void> } {
    const before = this.last;
    let tell: (more: boolean) => void = () => undefined;
    const taken = new Promise<boolean>((resolve) => (tell = resolve));
    const done = this.round(tell, () => before).finally(() => tell(false));
    this.last = Promise.allSettled([before, done]);
    return { taken, done };
  }
}
