// Follows a job to its end: by its event stream, and by polling where streams do not get through.

import { ApiProblem, get } from './api.js';
import { tokenOf } from './job-token.js';

const TERMINAL = ['COMPLETED', 'FAILED', 'CANCELLED'];
const STREAM_TRIES = 3;
/** The events of a job, by the last part of their type; and `progress`, which is none. */
const EVENTS = [
  'accepted',
  'started',
  'progress',
  'progressed',
  'retry_scheduled',
  'released',
  'cancel_requested',
  'retried',
  'completed',
  'failed',
  'cancelled',
];
/** Between two questions. */
const MOST_SECONDS = 5;

export const hasEnded = (job) => TERMINAL.includes(job.status);

const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

/** Calls `onJob(job)` with each change, until the job has ended or `signal` aborts. */
export async function watchJob(id, onJob, signal) {
  const path = `v1/jobs/${id}`;
  let job = await get(path);
  onJob(job);
  for (let failures = 0; failures < STREAM_TRIES && !hasEnded(job) && !signal.aborted;) {
    try {
      const token = await tokenOf(id);
      const onEvent = async (name, data) => {
        failures = 0;
        job = name === 'progress' ? withProgress(job, data) : await get(path);
        onJob(job);
        return hasEnded(job);
      };
      await streamEvents(id, token, onEvent, signal);
      if (hasEnded(job)) return;
    } catch (error) {
      if (signal.aborted || isFinal(error)) throw error;
    }
    failures += 1;
    await pause(500 * failures, signal);
  }
  // A service that is away, or wants fewer questions, is asked again later; the job goes on without us.
  for (let failures = 0; !hasEnded(job) && !signal.aborted;) {
    const seconds = failures === 0 ? Math.max(1, job.eta_seconds ?? 1) : 2 ** failures;
    await pause(1_000 * Math.min(MOST_SECONDS, seconds), signal);
    if (signal.aborted) return;
    try {
      job = await get(path);
      failures = 0;
      onJob(job);
    } catch (error) {
      if (isFinal(error)) throw error;
      failures += 1;
      await pause(1_000 * (error.retryAfter ?? 0), signal);
    }
  }
}

const isFinal = (error) => error instanceof ApiProblem && [401, 403, 404].includes(error.status);

const withProgress = (job, { status, attempt, progress, step }) => {
  const now = job.steps.findIndex(({ name }) => name === step);
  const statusOf = (index) => (index < now ? 'COMPLETED' : index === now ? 'IN_PROGRESS' : 'PENDING');
  const steps = job.steps.map(({ name }, index) => ({ name, status: statusOf(index) }));
  return { ...job, status, attempt, progress, steps };
};

/**
 * Calls `onEvent(name, data)` with each event of a job's stream, one after the other, until it returns true, the stream
 * is refused or breaks again and again, or `signal` aborts.
 */
function streamEvents(id, token, onEvent, signal) {
  return new Promise((resolve, reject) => {
    // It connects again by itself, and goes on after the last event that it has.
    const source = new EventSource(`v1/jobs/${id}/events?token=${token}`);
    let breaks = 0;
    let before = Promise.resolve();
    const end = (settle, result) => {
      source.close();
      settle(result);
    };
    const take = async ({ type, data }) => {
      if (source.readyState === EventSource.CLOSED) return;
      if (await onEvent(type, JSON.parse(data))) end(resolve);
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        breaks = 0;
        before = before.then(() => take(event)).catch((error) => end(reject, error));
      });
    }
    source.addEventListener('error', () => {
      breaks += 1;
      if (source.readyState === EventSource.CLOSED || breaks === STREAM_TRIES) end(resolve);
    });
    signal.addEventListener('abort', () => end(resolve), { once: true });
  });
}
