import type { Fleet } from './fleet';
import type { Entry, Ledger } from './ledger';
import type { Load } from './load';

/** Seconds from acceptance that a report has, but for a long outage, and what its end may be late by. */
const DEADLINE_SECONDS = 900;
const LATE_SECONDS = 10;

/**
 * Holds the ledger against what was promised. While the service still runs, and nothing strikes any more.
 *
 * @param outageSeconds of an outage that was longer than the others: deadlines moved on by it
 */
export async function judge(ledger: Ledger, load: Load, fleet: Fleet, outageSeconds: number): Promise<void> {
  const withinSeconds = DEADLINE_SECONDS + outageSeconds + LATE_SECONDS;
  for (const entry of ledger.accepted) await judgeEntry(entry, ledger, load, withinSeconds);
  await judgeEvents(ledger, fleet);
  for (const service of fleet.services) for (const death of service.deaths) ledger.violation(death);
  const workers = new Set(fleet.workers.map(({ pid }) => pid));
  for (const { pid, parent } of fleet.browsers.filter(({ isMain }) => isMain))
    if (!workers.has(parent)) ledger.violation(`browser ${pid} belongs to no worker that lives`);
}

async function judgeEntry(entry: Entry, ledger: Ledger, load: Load, withinSeconds: number): Promise<void> {
  const wrong = (text: string): void =>
    ledger.violation(`report ${entry.number}, job ${[...entry.ids].join(', ')}: ${text}`);
  if (entry.ids.size > 1) wrong('one idempotency key made several jobs');
  if (entry.end === undefined) {
    wrong('accepted, and not ended');
    return;
  }
  if (entry.file === undefined) wrong('its file was not answered');
  // Nothing that strikes is a report's own fault, and nothing that the service stands on uses up its attempts.
  if (entry.end.status === 'FAILED') wrong(`FAILED ${entry.end.error?.code ?? ''}`);
  const { created_at, finished_at } = entry.end;
  const seconds = (Date.parse(finished_at ?? '') - Date.parse(created_at)) / 1_000;
  if (!(seconds <= withinSeconds)) wrong(`ended ${seconds} s after it was accepted`);
  if (entry.cancelAfterMs === undefined && entry.end.status === 'CANCELLED') wrong('nobody cancelled it');
  const now = await load.job(entry.end.id);
  if (JSON.stringify(now) !== JSON.stringify(entry.end))
    wrong(`ended ${entry.end.status}, and changed afterwards`);
}

/**
 * The one look into the service's tables, read-only: that no job has two terminal events, or none, and that there is no
 * job that the client does not know of (but for those whose POST got no answer).
 */
async function judgeEvents(ledger: Ledger, fleet: Fleet): Promise<void> {
  const rows = await fleet.database.read<{ id: string; ends: number }>(
    `SELECT j.id, (SELECT count(*)::int FROM job_event e WHERE e.job_id = j.id AND e.terminal) AS ends FROM job j`,
  );
  const known = new Set(ledger.accepted.flatMap(({ ids }) => [...ids]));
  for (const { id, ends } of rows)
    if (known.has(id) && ends !== 1) ledger.violation(`job ${id} has ${ends} terminal events`);
  const strangers = rows.filter(({ id }) => !known.has(id)).length;
  if (strangers > ledger.unknown)
    ledger.violation(`${strangers} jobs are unknown to the client, ${ledger.unknown} at most may be`);
}
