// The page: sign in, ask for a report, watch it, read it.

import { ApiProblem, get, key, post } from './api.js';
import { describe, JobPanel } from './job-panel.js';
import { forgetTokens } from './job-token.js';

const element = (id) => document.getElementById(id);

function showProblem(error) {
  const box = element('problem');
  box.hidden = !error;
  box.textContent = error ? error.message : '';
  if (error instanceof ApiProblem && error.status === 401) signOut();
}

const panel = new JobPanel({ onEnd: () => listJobs(), onProblem: showProblem });

async function listJobs() {
  try {
    const { data } = await get('v1/jobs?page_size=10');
    element('no-jobs').hidden = data.length > 0;
    element('job-rows').replaceChildren(...data.map(rowOf));
  } catch (error) {
    showProblem(error);
    // A key without the scope for jobs has nothing to do here.
    if (error.status === 403) signOut();
  }
}

function rowOf(job) {
  const row = document.createElement('tr');
  const cells = [
    describe(job),
    new Date(job.created_at).toLocaleString(),
    job.status.replace('_', ' ').toLowerCase(),
  ];
  for (const content of cells) row.insertCell().textContent = content;
  row.cells[2].className = `status ${job.status}`;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Show';
  button.setAttribute('aria-label', `Show ${describe(job)}`);
  button.addEventListener('click', () => {
    showProblem();
    void panel.show(job.id);
  });
  row.insertCell().append(button);
  return row;
}

function draw() {
  const signedIn = key.get() !== null;
  element('sign-in').hidden = signedIn;
  element('workplace').hidden = !signedIn;
  element('sign-out').hidden = !signedIn;
  if (signedIn) void listJobs();
  else element('key').focus();
}

function signOut() {
  key.forget();
  forgetTokens();
  panel.hide();
  draw();
}

element('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  showProblem();
  const given = element('key').value.trim();
  element('key').value = '';
  if (!key.isPossible(given)) {
    showProblem(new Error('This is no API key: it has letters that keys do not have.'));
    return;
  }
  key.set(given);
  draw();
  element('start_date').focus();
});

element('sign-out').addEventListener('click', () => {
  showProblem();
  signOut();
});

element('jobs-refresh').addEventListener('click', () => {
  showProblem();
  void listJobs();
});

element('report-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = event.submitter;
  const form = new FormData(event.target);
  const { start_date, end_date, group_by, locale, title, callback_url } = Object.fromEntries(form);
  button.disabled = true;
  showProblem();
  try {
    const job = await post('v1/orders/reports', {
      start_date,
      end_date,
      formats: form.getAll('formats'),
      locale,
      ...(group_by && { group_by }),
      include_items: element('include_items').checked,
      ...(title && { title }),
      ...(callback_url && { callback_url }),
    });
    void panel.show(job.id);
    await listJobs();
  } catch (error) {
    showProblem(error);
  } finally {
    button.disabled = false;
  }
});

draw();
