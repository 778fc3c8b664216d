// Follows a job to its end: by its event stream, and by polling where streams do not get through.

import { ApiProblem, get, request } from './api.js';

const TERMINAL = ['COMPLETED', 'FAILED', 'CANCELLED'];
const STREAM_TRIES = 3;
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
  const state = { lastEventId: undefined };
  for (let failures = 0; failures < STREAM_TRIES && !hasEnded(job) && !signal.aborted;) {
    try {
      for await (const { event, data } of events(`${path}/events`, state, signal)) {
        failures = 0;
        job = event === 'progress' ? withProgress(job, data) : await get(path);
        onJob(job);
        if (hasEnded(job)) return;
      }
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

/** The events of a stream, which `fetch` reads because an `EventSource` sends no key. */
async function* events(path, state, signal) {
  const headers = { Accept: 'text/event-stream' };
  if (state.lastEventId) headers['Last-Event-ID'] = state.lastEventId;
  const response = await request(path, { headers, signal });
  if (response.status === 204) return;
  let buffer = '';
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += decoder.decode(value, { stream: true });
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').flatMap((line) => {
          const match = /^(\w+): ?(.*)$/.exec(line);
          return match ? [[match[1], match[2]]] : [];
        }),
      );
      if (fields.id) state.lastEventId = fields.id;
      if (fields.data) yield { event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}
