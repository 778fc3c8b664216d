import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { ArtifactStore, StoreFullError, StoreUnavailableError } from '../artifacts/artifact-store';
import { Loop } from '../common/loop';

const ROUND_MS = 5_000;
/** While it is away: so soon after it is back, work goes on. */
const ROUND_AWAY_MS = 1_000;
const TIMEOUT_MS = 4_000;

/**
 * Whether this process reaches the store, asked every few seconds: whoever wants to know does not wait for an answer.
 * While it is away, no job is begun that needs it, and requests are answered at once. One that is full is not away: it gives
 * its files, and takes small ones perhaps.
 */
@Injectable()
export class StoreHealthService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(StoreHealthService.name);
  private readonly loop = new Loop('question to the store', ROUND_MS, () => this.ask(), this.logger);
  private readonly outages: Counter;
  private isThere: boolean | undefined;
  private awaySince = 0;
  /** Since when there has been no room for what was needed last. */
  private fullSince: number | undefined;
  private neededBytes = 0;
  private access: 'read' | 'write' = 'read';
  private soon: NodeJS.Timeout | undefined;
  private question: Promise<void> | undefined;

  constructor(
    private readonly store: ArtifactStore,
    registry: Registry,
  ) {
    const registers = [registry];
    const up: Gauge = new Gauge({
      name: 'store_up',
      help: 'Whether this process reaches the store of files: 1, or 0 while it is away.',
      registers,
      collect: () => up.set(this.isAway ? 0 : 1),
    });
    const full: Gauge = new Gauge({
      name: 'store_full',
      help: 'Whether this process found no room in the store of files: 1 until there is as much as was needed, else 0.',
      registers,
      collect: () => full.set(this.fullSince === undefined ? 0 : 1),
    });
    this.outages = new Counter({
      name: 'store_outages_total',
      help: 'How often this process found the store away.',
      registers,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    clearTimeout(this.soon);
  }

  /** It was there when it was asked last. */
  get isUp(): boolean {
    return this.isThere === true;
  }

  /** It was not there when it was asked last. Before the first answer it is neither up nor away. */
  get isAway(): boolean {
    return this.isThere === false;
  }

  /** @throws StoreUnavailableError while it is away, instead of waiting for one that hangs */
  requireUp(): void {
    if (this.isAway) throw new StoreUnavailableError();
  }

  /** What a job or a request wanted of it failed: it may serve readers all the same. Other failures are none of the store. */
  note(failure: unknown): void {
    if (failure instanceof StoreFullError) this.foundFull(failure);
    if (!(failure instanceof StoreUnavailableError)) return;
    this.access = 'write';
    this.loop.poke();
  }

  private async ask(): Promise<void> {
    const { access } = this;
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    // A folder on a network may hang: one question then waits, and not one more every second.
    this.question ??= this.probe(access, timeout).finally(() => {
      this.question = undefined;
    });
    try {
      await Promise.race([this.question, failureOf(timeout)]);
      // One that was suspected in the meantime is asked again.
      if (access === this.access) this.access = 'read';
      this.answered();
      if (access === 'write') this.foundRoom();
    } catch (error) {
      if (error instanceof StoreFullError) {
        this.answered();
        this.foundFull(error);
      } else this.failed(error);
    }
  }

  private async probe(access: 'read' | 'write', timeout: AbortSignal): Promise<void> {
    if (this.fullSince !== undefined) await this.store.requireRoom(this.neededBytes);
    await this.store.probe(access, timeout);
  }

  private foundFull(error: StoreFullError): void {
    // The next question writes, too.
    this.access = 'write';
    this.neededBytes = error.neededBytes;
    if (this.fullSince !== undefined) return;
    this.fullSince = Date.now();
    this.logger.error(
      `The store is full: jobs that need room wait, and imports are answered with 503. ${describe(error)}`,
    );
  }

  private foundRoom(): void {
    if (this.fullSince === undefined) return;
    this.logger.log(`The store has room again after ${secondsSince(this.fullSince)} s.`);
    this.fullSince = undefined;
  }

  private answered(): void {
    if (this.isAway) this.logger.log(`The store is back after ${secondsSince(this.awaySince)} s.`);
    this.isThere = true;
  }

  private failed(error: unknown): void {
    if (!this.isAway) {
      this.outages.inc();
      this.awaySince = Date.now();
      this.logger.error(
        `The store is away: jobs that need it wait, and files are answered with 503. ${describe(error)}`,
      );
    }
    this.isThere = false;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.loop.poke(), ROUND_AWAY_MS);
  }
}

const secondsSince = (time: number): number => Math.round((Date.now() - time) / 1_000);

/** With its cause, which is for operators alone. */
const describe = (error: unknown): string =>
  String(error instanceof Error && error.cause instanceof Error ? error.cause : error);

/** Rejects when the signal is aborted. */
const failureOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
