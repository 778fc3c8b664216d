/** How the client learns that a report has ended. */
export type Following = 'poll' | 'wait' | 'stream';

/** What the client side knows of one report that it asked for: from answers of the service alone. */
export interface Entry {
  readonly number: number;
  readonly key: string | undefined;
  /** Only in this report's content. */
  readonly title: string;
  readonly body: Record<string, unknown>;
  readonly following: Following;
  /** Every id that a 202 named. */
  readonly ids: Set<string>;
  /** When it is asked to be cancelled, in milliseconds after it was accepted. */
  readonly cancelAfterMs: number | undefined;
  acceptedAt: number | undefined;
  /** The first terminal state that was seen, and what the job said then. */
  end: JobAnswer | undefined;
  /** What was wrong with what was fetched; empty when it was right. */
  file: 'checked' | undefined;
}

/** The part of the monitor's answer that the verdict needs. */
export interface JobAnswer {
  id: string;
  status: string;
  result: { artifact?: { sha256: string } } | null;
  error: { code: string } | null;
  created_at: string;
  finished_at: string | null;
}

export const isEnd = (status: string): boolean => ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status);

/** The client side's book: what was promised, and what came of it. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly violations: string[] = [];
  /** Milliseconds of every POST that was answered 202. */
  readonly postMs: number[] = [];
  /** POSTs that got no answer, or a 5xx: the client asks again. */
  postsFailed = 0;
  /** Reports without a key whose POST got no answer: nobody knows whether they were accepted. */
  unknown = 0;
  /** Reports that the client has done with, accepted or not. */
  settled = 0;
  /** Requests that were sent. */
  requests = 0;
  /** Requests that were not served, by how: `no answer`, `503 store_unavailable`. */
  readonly unserved = new Map<string, number>();

  violation(text: string): void {
    this.violations.push(text);
  }

  notServed(how: string): void {
    this.unserved.set(how, (this.unserved.get(how) ?? 0) + 1);
  }

  /** Requests that got no answer, or a 5xx. */
  get refused(): number {
    return [...this.unserved].reduce((sum, [how, times]) => (how.startsWith('429') ? sum : sum + times), 0);
  }

  get accepted(): Entry[] {
    return this.entries.filter(({ ids }) => ids.size > 0);
  }
}
