import { PDFDocument } from '@cantoo/pdf-lib';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './client';
import { Entry, Following, isEnd, JobAnswer, Ledger } from './ledger';
import type { Random } from './random';

export const REPORTS = '/v1/orders/reports';

/** Most poll, as most callers do. */
const FOLLOWINGS: Following[] = ['poll', 'poll', 'poll', 'wait', 'stream'];

export interface LoadPlan {
  /** How many reports are asked for, unless it is over before. */
  jobs: number;
  /** How many may be unfinished at a time. */
  outstanding: number;
  /** How many may be asked for by now: the rest is kept for what is to come. */
  allowed: () => number;
  isOver: () => boolean;
}

/** Asks for reports, follows each to its end, fetches what is finished, and writes everything into the ledger. */
export class Load {
  private readonly following = new Set<Promise<void>>();

  constructor(
    private readonly client: ApiClient,
    private readonly ledger: Ledger,
    private readonly random: Random,
    /** When the run is over, finished or not. */
    private until: number,
  ) {}

  /** For the verdict, which looks at every job once more. */
  extend(until: number): void {
    this.until = until;
  }

  /** Asks for reports as planned; resolves when each has been followed to its end. */
  async run({ jobs, outstanding, allowed, isOver }: LoadPlan): Promise<void> {
    const goesOn = (): boolean => !isOver() && Date.now() < this.until;
    for (let number = 1; number <= jobs && goesOn(); number += 1) {
      while (this.following.size >= outstanding) await Promise.race(this.following);
      while (number > allowed() && goesOn()) await sleep(50);
      if (!goesOn()) break;
      const entry = this.plan(number);
      this.ledger.entries.push(entry);
      const following = this.follow(entry).catch((error: unknown) =>
        this.ledger.violation(`report ${entry.number}: the client failed: ${String(error)}`),
      );
      this.following.add(following);
      void following.finally(() => {
        this.following.delete(following);
        this.ledger.settled += 1;
      });
      await sleep(20);
    }
    await Promise.all(this.following);
  }

  private plan(number: number): Entry {
    const day = 1 + Math.floor(this.random.next() * 25);
    const month = 1 + Math.floor(this.random.next() * 12);
    const date = (of: number): string =>
      `2016-${String(month).padStart(2, '0')}-${String(of).padStart(2, '0')}`;
    const title = `Report ${number} ${randomUUID()}`;
    return {
      number,
      key: this.random.chance(0.9) ? randomUUID() : undefined,
      title,
      body: { start_date: date(day), end_date: date(day + 2), title },
      following: this.random.pick(FOLLOWINGS),
      ids: new Set(),
      cancelAfterMs: this.random.chance(0.1) ? this.random.between(0, 4_000) : undefined,
      acceptedAt: undefined,
      end: undefined,
      file: undefined,
    };
  }

  private async follow(entry: Entry): Promise<void> {
    // Some callers press the button several times at once.
    const times = entry.key !== undefined && this.random.chance(0.15) ? 3 : 1;
    await Promise.all(Array.from({ length: times }, () => this.submit(entry)));
    const [id] = entry.ids;
    if (id === undefined) return;
    const cancelling = entry.cancelAfterMs === undefined ? undefined : this.cancel(id, entry.cancelAfterMs);
    entry.end = await this.await(id, entry.following);
    await cancelling;
    if (entry.end === undefined) return;
    // And some press it again long afterwards.
    if (entry.key !== undefined && this.random.chance(0.1)) await this.submit(entry);
    await this.fetch(entry, entry.end);
  }

  /** With a key the client asks again until it is answered; without one it must not. */
  private async submit(entry: Entry): Promise<void> {
    while (Date.now() < this.until) {
      const headers: Record<string, string> =
        entry.key === undefined ? {} : { 'idempotency-key': `"${entry.key}"` };
      const answer = await this.client.once('POST', REPORTS, headers, entry.body);
      if (answer?.status === 202) {
        this.ledger.postMs.push(answer.tookMs);
        entry.acceptedAt ??= Date.now();
        entry.ids.add((JSON.parse(answer.body.toString()) as JobAnswer).id);
        return;
      }
      if (answer !== undefined && answer.status < 500) {
        this.ledger.violation(
          `report ${entry.number}: the POST was answered ${answer.status} ${answer.body.toString()}`,
        );
        return;
      }
      this.ledger.postsFailed += 1;
      if (entry.key === undefined) {
        this.ledger.unknown += 1;
        return;
      }
      await sleep(200 + this.random.next() * 500);
    }
  }

  private async cancel(id: string, afterMs: number): Promise<void> {
    await sleep(afterMs);
    const answer = await this.client.persist('DELETE', `/v1/jobs/${id}`, this.until);
    if (answer !== undefined && ![200, 202, 409].includes(answer.status))
      this.ledger.violation(`job ${id}: DELETE was answered ${answer.status}`);
  }

  /** Until the end; `undefined` when the run is over before. */
  private async await(id: string, following: Following): Promise<JobAnswer | undefined> {
    while (Date.now() < this.until) {
      if (following === 'stream') await this.client.stream(`/v1/jobs/${id}/events`);
      const job = await this.job(id, following === 'wait' ? { prefer: 'wait=5' } : {});
      if (job !== undefined && isEnd(job.status)) return job;
      // A wait and a stream may be ended early, by a restart for one.
      await sleep(500 + this.random.next() * 500);
    }
    return undefined;
  }

  async job(id: string, headers: Record<string, string> = {}): Promise<JobAnswer | undefined> {
    const answer = await this.client.persist('GET', `/v1/jobs/${id}`, this.until, headers);
    if (answer === undefined) return undefined;
    if (answer.status !== 200) {
      this.ledger.violation(`job ${id}: accepted, and then answered ${answer.status}`);
      return undefined;
    }
    return JSON.parse(answer.body.toString()) as JobAnswer;
  }

  /** A completed report has its own bytes; any other shows none. */
  private async fetch(entry: Entry, job: JobAnswer): Promise<void> {
    const wrong = (text: string): void =>
      this.ledger.violation(`report ${entry.number}, job ${job.id}: ${text}`);
    // The file of a failed job is answered with its failure, a 500 for one.
    const isFinal = (status: number): boolean => job.status === 'FAILED' || status < 500;
    const answer = await this.client.persist('GET', `${REPORTS}/${job.id}`, this.until, {}, isFinal);
    if (answer === undefined) return;
    entry.file = 'checked';
    if (job.status !== 'COMPLETED') {
      if (answer.status < 400) wrong(`${job.status}, and its file is answered ${answer.status}`);
      return;
    }
    if (answer.status !== 200) {
      wrong(`COMPLETED, and its file is answered ${answer.status} ${answer.body.toString().slice(0, 300)}`);
      return;
    }
    const sha256 = createHash('sha256').update(answer.body).digest();
    if (sha256.toString('hex') !== job.result?.artifact?.sha256)
      wrong('the bytes are not those of the recorded SHA-256');
    if (answer.headers.get('repr-digest') !== `sha-256=:${sha256.toString('base64')}:`)
      wrong('Repr-Digest is wrong');
    const title = (await PDFDocument.load(answer.body, { updateMetadata: false })).getTitle();
    if (title !== entry.title) wrong(`the file is another's: ${title ?? 'no title'}`);
  }
}
