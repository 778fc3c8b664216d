import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { AppConfig } from '../../config/app-config';
import type { JobContext } from '../../jobs/job-type';
import { DeliveryWakeUps } from '../deliveries/delivery-wake-ups';
import { giveUpAfter } from '../deliveries/retry-policy';
import { type FeedPlace, FeedWalkService } from '../feed/feed-walk.service';
import type { ResendWindow } from './recover.job';
import type { Act, Candidate, FeedPage } from './resend-candidates';
import { ENDS, HOLD_DESTINATIONS, HOLD_MESSAGES, PROBE_DESTINATIONS, RESEND } from './resend-statements';
import type { ResendResultView } from './resend-result.view';

/** Events that one statement reads, and deliveries that one makes due. */
const BATCH = 128;
/** Deliveries under way for one job: events that happen meanwhile wait for no more than these. */
const MOST_UNDER_WAY = 256;
/** How soon a job asks again what has become of them: when enough will have ended, by how many did of late. */
const [ASK_MS, ASK_AT_LEAST_MS] = [50, 1_000];

/** What is to be resent of a client's feed. */
export interface ResendSource {
  /** The endpoint that gets what was never to be delivered to it; `null` where nothing is added. */
  endpointId: string | null;
  /** Of a page of events, each with its deliveries, in the feed's order. */
  candidates(page: FeedPage): Promise<Candidate[]>;
  actOn(candidate: Candidate): Act;
}

/** One run of a job that resends. */
interface Run {
  context: JobContext<ResendWindow>;
  source: ResendSource;
  counts: ResendResultView;
  underWay: Set<string>;
  /** Destinations that were asked whether they work again: once for each run. */
  probed: Set<string>;
  hasBegun: boolean;
  /** When it was last asked what has become of them, by `performance.now()`. */
  askedAt: number;
}

/**
 * Resends what a job asks for, in the order of the feed, no faster than receivers take it: a few are made due, and more as
 * these end. What was made due carries the job's id, so that after a crash nothing is sent twice and all is counted.
 */
@Injectable()
export class ResendService {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly feed: FeedWalkService,
    private readonly wakeUps: DeliveryWakeUps,
  ) {}

  async run(context: JobContext<ResendWindow>, source: ResendSource): Promise<ResendResultView> {
    const counts = { events: 0, resent: 0, delivered: 0, failed: 0, waiting: 0 };
    const run: Run = {
      context,
      source,
      counts,
      underWay: new Set(),
      probed: new Set(),
      hasBegun: false,
      askedAt: performance.now(),
    };
    context.step('resend');
    const { clientId, signal } = context;
    const [since, until] = [new Date(context.parameters.since), new Date(context.parameters.until)];
    const writtenBelow = await this.feed.writtenBelow();
    while (await this.feed.holdsBack(clientId, writtenBelow, since, until))
      await sleep(ASK_AT_LEAST_MS, undefined, { signal });
    const [before, last] = await Promise.all([this.feed.before(clientId, since), this.feed.last(clientId)]);
    if (before !== null && last !== null) await this.walk(run, before, last);
    await this.settle(run, 0);
    return counts;
  }

  private async walk(run: Run, before: FeedPlace, last: FeedPlace): Promise<void> {
    const { context, source, counts } = run;
    const { clientId, parameters: window } = context;
    let [after, begin]: [FeedPlace, bigint | undefined] = [before, undefined];
    for (;;) {
      context.signal.throwIfAborted();
      const page = await source.candidates({ clientId, after, last, window, limit: BATCH });
      const end = page.at(-1);
      if (end === undefined) return;
      counts.events += new Set(
        page.filter(({ in_window }) => in_window).map(({ message_id }) => message_id),
      ).size;
      await this.work(run, page);
      after = { transaction_id: end.transaction_id, position: end.position };
      begin ??= BigInt(page[0]?.position ?? 0);
      const [done, all] = [BigInt(end.position) - begin, BigInt(last.position) - begin];
      if (all > 0n) context.progress(Number(done) / Number(all));
    }
  }

  private async work(run: Run, page: Candidate[]): Promise<void> {
    const { counts, underWay, source } = run;
    const chosen: Candidate[] = [];
    for (const candidate of page) {
      const act = source.actOn(candidate);
      if (act === 'none') continue;
      if (act === 'known' && candidate.delivery_id !== null) {
        counts.resent += 1;
        underWay.add(candidate.delivery_id);
      } else chosen.push(candidate);
    }
    while (chosen.length > 0) {
      // The first goes alone: a receiver that failed until now gets one, and the rest only when that has ended.
      const isFirst = !run.hasBegun;
      run.hasBegun = true;
      await this.settle(run, isFirst ? 0 : MOST_UNDER_WAY - BATCH);
      const ids = await this.resend(run, chosen.splice(0, isFirst ? 1 : BATCH));
      for (const id of ids) underWay.add(id);
      counts.resent += ids.length;
      if (isFirst) await this.settle(run, 0);
    }
  }

  /**
   * @returns the ids of the deliveries that are due now: not of those whose receiver gets nothing any more, or got them
   *   since they were read
   */
  private async resend({ context, source, probed }: Run, chosen: Candidate[]): Promise<string[]> {
    const { clientId, jobId } = context;
    const deliveries = chosen.map(({ delivery_id }) => delivery_id);
    const messages = chosen.map(({ message_id }) => message_id);
    const ids = await lookUpTransaction(this.dataSource, true, async (manager) => {
      const held = await manager.query<{ id: string }[]>(HOLD_DESTINATIONS, [
        clientId,
        deliveries.filter((id) => id !== null),
        source.endpointId,
      ]);
      const unprobed = held.map(({ id }) => id).filter((id) => !probed.has(id));
      if (unprobed.length > 0) await manager.query(PROBE_DESTINATIONS, [unprobed]);
      for (const id of unprobed) probed.add(id);
      await manager.query(HOLD_MESSAGES, [messages]);
      return manager.query<{ id: string }[]>(RESEND, [
        clientId,
        messages,
        deliveries,
        giveUpAfter(this.config.callbackRetrySchedule) / 1_000,
        jobId,
        source.endpointId,
        chosen.map(({ state }) => state),
      ]);
    });
    this.wakeUps.send();
    return ids.map(({ id }) => id);
  }

  /** Resolves when no more than so many are under way. */
  private async settle(run: Run, most: number): Promise<void> {
    const { context, counts, underWay } = run;
    while (underWay.size > most) {
      const ends = await this.endsOf(context.clientId, [...underWay]);
      for (const { id, fate } of ends) {
        counts[fate] += 1;
        underWay.delete(id);
      }
      const [askedBefore, now] = [run.askedAt, performance.now()];
      run.askedAt = now;
      if (underWay.size <= most) return;
      const passed = now - askedBefore;
      const expected = ends.length > 0 ? (passed * (underWay.size - most)) / ends.length : 2 * passed;
      const waitMs = Math.min(Math.max(expected, ASK_MS), ASK_AT_LEAST_MS);
      await sleep(waitMs, undefined, { signal: context.signal });
    }
  }

  private endsOf(
    clientId: string,
    ids: string[],
  ): Promise<{ id: string; fate: 'delivered' | 'failed' | 'waiting' }[]> {
    return lookUpTransaction(this.dataSource, false, (manager) => manager.query(ENDS, [clientId, ids]));
  }
}
