// The panel of one job: how far it is, its file, its callbacks.

import { ApiProblem, get, here, request } from './api.js';
import { isFresh, tokenOf } from './job-token.js';
import { hasEnded, watchJob } from './job-watch.js';

const element = (id) => document.getElementById(id);
const text = (tag, content, attributes = {}) => {
  const node = document.createElement(tag);
  node.textContent = content;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

export const describe = ({ type, request: { body } }) => {
  const { start_date, end_date, title } = body?.parameters ?? body ?? {};
  return [title || type, start_date && `${start_date} to ${end_date}`].filter(Boolean).join(', ');
};

/** Of a report of before there were several formats, the only one. */
const artifactsOf = ({ result }) => result?.artifacts ?? (result?.artifact ? [result.artifact] : []);

/** Whether its files were deleted, by their owner or by their age. */
const areGone = ({ expires_at }) => expires_at !== null && new Date(expires_at) <= new Date();

const describeFile = ({ format, media_type, bytes, pages }) =>
  [
    (format ?? (media_type === 'text/csv' ? 'csv' : 'pdf')).toUpperCase(),
    ...(pages ? [pages === 1 ? '1 page' : `${pages} pages`] : []),
    `${Math.ceil(bytes / 1024).toLocaleString('en')} kB`,
  ].join(', ');

const summaryOf = (job) => {
  if (job.status === 'FAILED') return job.error?.message ?? 'It failed.';
  if (job.status === 'CANCELLED') return 'It was cancelled.';
  if (job.status === 'COMPLETED') {
    const artifacts = artifactsOf(job);
    if (artifacts.length === 0) return 'Done.';
    if (areGone(job)) return 'It was ready; its files were deleted.';
    return `Ready: ${artifacts.map(describeFile).join('; ')}.`;
  }
  if (job.cancel_requested) return 'It is being cancelled.';
  const eta = job.eta_seconds === null ? '' : ` About ${job.eta_seconds} s to go.`;
  return job.status === 'PENDING' ? `It waits for its turn.${eta}` : `It is being made.${eta}`;
};

export class JobPanel {
  #shown;
  #following;

  constructor({ onEnd, onProblem }) {
    this.onEnd = onEnd;
    this.onProblem = onProblem;
    element('job-cancel').addEventListener('click', () => this.#cancel());
  }

  /** Shows a job and follows it to its end. */
  async show(id) {
    this.hide();
    const following = new AbortController();
    this.#following = following;
    this.#shown = id;
    element('job').hidden = false;
    element('job').focus();
    try {
      await watchJob(id, (job) => following.signal.aborted || this.#draw(job), following.signal);
      if (following.signal.aborted) return;
      this.onEnd();
      await this.#followCallbacks(id, following.signal);
    } catch (error) {
      if (!following.signal.aborted) this.onProblem(error);
    }
  }

  hide() {
    this.#following?.abort();
    element('job').hidden = true;
    element('callbacks').hidden = true;
    element('job-file').hidden = true;
    element('job-file').removeAttribute('src');
    element('job-files').hidden = true;
    element('job-summary').textContent = '';
  }

  #draw(job) {
    const ended = hasEnded(job);
    element('job-title').textContent = describe(job);
    element('job-status').textContent = job.status.replace('_', ' ').toLowerCase();
    element('job-status').className = `status ${job.status}`;
    const summary = summaryOf(job);
    // Screen readers read out changes alone.
    if (element('job-summary').textContent !== summary) element('job-summary').textContent = summary;
    element('job-progress').value = job.progress;
    element('job-steps').replaceChildren(
      ...job.steps.map(({ name, status }) =>
        text(
          'li',
          `${status === 'COMPLETED' ? '✓ ' : ''}${name}`,
          status === 'IN_PROGRESS' ? { 'aria-current': 'step' } : {},
        ),
      ),
    );
    element('job-cancel').hidden = ended;
    element('job-cancel').disabled = job.cancel_requested;
    if (job.status === 'COMPLETED' && job.type === 'orders.report' && !areGone(job))
      this.#showFiles(job).catch(this.onProblem);
  }

  async #showFiles(job) {
    const artifacts = artifactsOf(job);
    const addressOf = async ({ format }) =>
      `v1/orders/reports/${job.id}?${new URLSearchParams({ ...(format && { format }), token: await tokenOf(job.id) })}`;
    const addresses = [];
    for (const artifact of artifacts) addresses.push(await addressOf(artifact));
    if (this.#shown !== job.id) return;
    element('job-files').replaceChildren(
      ...artifacts.map((artifact, index) => {
        const link = text('a', `Download ${describeFile(artifact)}`, {
          href: addresses[index],
          class: 'button primary',
          download: '',
        });
        // The page may have been open for longer than a token lives.
        link.addEventListener('click', (event) => {
          if (isFresh(job.id)) return;
          event.preventDefault();
          addressOf(artifact).then((address) => {
            link.href = address;
            link.click();
          }, this.onProblem);
        });
        const item = document.createElement('li');
        item.append(link);
        return item;
      }),
    );
    element('job-files').hidden = artifacts.length === 0;
    // What the browser has no viewer for, a frame would download unasked.
    const printed = artifacts.findIndex(({ pages }) => pages);
    if (navigator.pdfViewerEnabled === false || printed === -1) return;
    const { format } = artifacts[printed];
    const link = await get(`v1/orders/reports/${job.id}/link${format ? `?format=${format}` : ''}`);
    if (this.#shown !== job.id) return;
    element('job-file').src = here(link.url);
    element('job-file').hidden = false;
  }

  async #cancel() {
    try {
      element('job-cancel').disabled = true;
      await request(`v1/jobs/${this.#shown}`, { method: 'DELETE' });
      // The button goes away under the keyboard.
      element('job').focus();
    } catch (error) {
      this.onProblem(error);
    }
  }

  /** Looks after the deliveries for a while; a key without that scope just sees none. */
  async #followCallbacks(id, signal) {
    for (let looks = 0; looks < 10 && !signal.aborted; looks += 1) {
      let deliveries;
      try {
        deliveries = (await get(`v1/webhooks/deliveries?job_id=${id}`)).data;
      } catch (error) {
        if (error instanceof ApiProblem) return;
        throw error;
      }
      if (signal.aborted) return;
      element('callbacks').hidden = deliveries.length === 0;
      element('callback-list').replaceChildren(
        ...deliveries.map(({ event_type, url, status, next_attempt_at }) => {
          const next = next_attempt_at ? `, again at ${new Date(next_attempt_at).toLocaleTimeString()}` : '';
          return text('li', `${event_type} to ${url ?? 'an endpoint'}: ${status.toLowerCase()}${next}`);
        }),
      );
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}
