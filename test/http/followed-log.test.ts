import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { firstValueFrom, Subject } from 'rxjs';
import { JobWatchService } from '../../src/jobs/http/job-watch.service';
import { JobState } from '../../src/jobs/job';
import { JobSignals } from '../../src/jobs/job-signals';
import { EventReader } from '../support/event-reader';
import { submitScript, withScripts } from '../support/scripted-app';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { SCRIPTED } from '../support/test-jobs';

/** HTTP alone: nothing happens to a job but what a test writes. */
let api: TestApp;
let owner: { id: string; key: string };
const writers: Client[] = [];

/** Rounds come every 100 ms; what has not come after so many of them does not come. */
const SOME_ROUNDS_MS = 1_000;

beforeAll(async () => {
  api = await TestApp.start({ ROLE: 'api', HELD_REQUESTS_PER_CLIENT: '1000' }, undefined, withScripts);
  owner = await api.client('Follower');
});

afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.end();
});

afterAll(() => api.stop());

interface Writer {
  query(statement: string, parameters: unknown[]): Promise<unknown>;
}

const pendingJob = (): Promise<string> => submitScript(api, owner.id, 'succeed');

async function newWriter(): Promise<Client> {
  const writer = new Client({ connectionString: api.config.databaseUrl });
  await writer.connect();
  writers.push(writer);
  return writer;
}

/** As a transition does it: under the lock of the job's row. */
const writeEvent = (by: Writer, jobId: string, name = 'progressed'): Promise<unknown> =>
  by.query(
    `WITH changed AS (SELECT * FROM job WHERE id = $1 FOR NO KEY UPDATE)
     INSERT INTO job_event (job_id, client_id, type, round, attempt)
     SELECT id, client_id, type || '.' || $2, round, attempt FROM changed`,
    [jobId, name],
  );

const logOf = async (jobId: string): Promise<string[]> => {
  const rows = await api.dataSource.query<{ id: string }[]>(
    'SELECT id FROM job_event WHERE job_id = $1 ORDER BY position',
    [jobId],
  );
  return rows.map(({ id }) => id);
};

const sent = (stream: EventReader): string[] => stream.events.flatMap(({ id }) => id ?? []);

/** A stream that has sent the history. */
async function streamOf(jobId: string, from = api): Promise<EventReader> {
  const stream = await EventReader.open(`${from.url}/v1/jobs/${jobId}/events`, { key: owner.key });
  await stream.until('accepted');
  return stream;
}

/** The parameters of the statements of the watchers, by their beginnings, while `work` is done. */
async function statementsOf(work: () => Promise<unknown>): Promise<{ log: unknown[][]; jobs: unknown[][] }> {
  const seen: { log: unknown[][]; jobs: unknown[][] } = { log: [], jobs: [] };
  const query = jest.spyOn(api.dataSource, 'query');
  try {
    await work();
    for (const [text, parameters = []] of query.mock.calls as [string, unknown[]?][]) {
      if (text.includes('pg_current_snapshot()')) seen.log.push(parameters);
      else if (text.includes('FROM unnest(') && text.includes('job_event')) seen.jobs.push(parameters);
    }
  } finally {
    query.mockRestore();
  }
  return seen;
}

describe('the log that streams and waits follow', () => {
  it('sends an event of a transaction that ends late, once, and lets it delay no other', async () => {
    const [late, other] = [await pendingJob(), await pendingJob()];
    const [lateStream, otherStream] = [await streamOf(late), await streamOf(other)];
    const writer = await newWriter();
    await writer.query('BEGIN');
    await writeEvent(writer, late);
    for (const name of ['first', 'second']) {
      await writeEvent(api.dataSource, other, name);
      await otherStream.until(name);
      await sleep(SOME_ROUNDS_MS / 2);
    }
    expect(lateStream.history).toEqual(['accepted']);
    await writer.query('COMMIT');
    await lateStream.until('progressed');
    await sleep(SOME_ROUNDS_MS);
    expect(lateStream.history).toEqual(['accepted', 'progressed']);
    expect(otherStream.history).toEqual(['accepted', 'first', 'second']);
    lateStream.close();
    otherStream.close();
  });

  it('sends every event once and in order, whatever transactions of many writers do', async () => {
    const jobs = await Promise.all(Array.from({ length: 40 }, pendingJob));
    const streams = await Promise.all(jobs.map((id) => streamOf(id)));
    const random = (under: number): number => Math.floor(Math.random() * under);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const writer = await newWriter();
        for (let number = 0; number < 25; number += 1) {
          await writer.query('BEGIN');
          // Locked in one order, so that no two wait for each other.
          const [first, second] = [random(jobs.length), random(jobs.length)].sort((a, b) => a - b);
          await writeEvent(writer, jobs[first!]!);
          await sleep(random(40));
          if (second !== first) await writeEvent(writer, jobs[second!]!);
          await sleep(random(200) ** 2 / 200);
          await writer.query(random(10) === 0 ? 'ROLLBACK' : 'COMMIT');
        }
      }),
    );
    for (const [index, id] of jobs.entries()) {
      const log = await logOf(id);
      await waitFor(() => sent(streams[index]!).length >= log.length, { what: 'all events of a job' });
      expect(sent(streams[index]!)).toEqual(log);
      streams[index]!.close();
    }
  });

  it('asks for nothing of those who watch while nothing happens to their jobs', async () => {
    const watched = await Promise.all(Array.from({ length: 30 }, pendingJob));
    const unwatched = await pendingJob();
    const streams = await Promise.all(watched.map((id) => streamOf(id)));
    await sleep(SOME_ROUNDS_MS);
    const { log, jobs } = await statementsOf(async () => {
      await writeEvent(api.dataSource, unwatched);
      await sleep(SOME_ROUNDS_MS);
    });
    expect(log.length).toBeGreaterThan(2);
    for (const parameters of log) expect(parameters).toEqual([expect.stringMatching(/^\d+:\d+:/)]);
    expect(jobs).toEqual([]);
    streams.forEach((stream) => stream.close());
  });

  it('reads a job once for all who watch it, and for nobody else', async () => {
    const [job, other] = [await pendingJob(), await pendingJob()];
    const streams = await Promise.all(Array.from({ length: 30 }, () => streamOf(job)));
    const bystander = await streamOf(other);
    await sleep(SOME_ROUNDS_MS);
    const { jobs } = await statementsOf(async () => {
      await writeEvent(api.dataSource, job);
      await Promise.all(streams.map((stream) => stream.until('progressed')));
    });
    expect(jobs.map(([, jobIds]) => jobIds)).toEqual([[job]]);
    const log = await logOf(job);
    for (const stream of streams) {
      expect(sent(stream)).toEqual(log);
      stream.close();
    }
    bystander.close();
  });

  it('sends who comes later the history, and nothing again to who has it', async () => {
    const job = await pendingJob();
    const first = await streamOf(job);
    await writeEvent(api.dataSource, job);
    // Comes while the round that sends the first one this event is, perhaps, under way.
    const [second] = await Promise.all([streamOf(job), first.until('progressed')]);
    await second.until('progressed');
    await sleep(SOME_ROUNDS_MS);
    const log = await logOf(job);
    expect(sent(first)).toEqual(log);
    expect(sent(second)).toEqual(log);
    first.close();
    second.close();
  });

  it('sends progress without an event as long as a job runs', async () => {
    const job = await pendingJob();
    const stream = await streamOf(job);
    const progressOf = (percent: number): Promise<unknown> =>
      waitFor(
        () => stream.events.find(({ event, data }) => event === 'progress' && data.progress === percent),
        {
          what: `${percent} %`,
        },
      );
    await api.dataSource.query(
      `UPDATE job SET state = 'IN_PROGRESS', attempt = 1, lease_owner = 'test', lease_until = now() + interval '1 h'
       WHERE id = $1`,
      [job],
    );
    await writeEvent(api.dataSource, job, 'started');
    for (const percent of [0, 20, 40]) {
      await api.dataSource.query('UPDATE job SET progress = $2 WHERE id = $1', [job, percent]);
      await progressOf(percent);
    }
    stream.close();
  });

  it('answers the waits for what this process ends, and no others, without the log', async () => {
    const [job, other] = [await pendingJob(), await pendingJob()];
    const watch = api.app.get(JobWatchService, { strict: false });
    const over = new Subject<void>();
    const ended: string[] = [];
    const waits = [job, other].map(async (jobId) => {
      await watch.untilEnded({ clientId: owner.id, jobId, isNew: false }, 60, over);
      ended.push(jobId);
    });
    await sleep(SOME_ROUNDS_MS);
    // The log does not say so.
    const end = { id: job, client_id: owner.id, type: SCRIPTED.name, state: JobState.Completed };
    const times = { request_id: null, total_seconds: 1, run_seconds: 1, late_seconds: 0 };
    api.app.get(JobSignals, { strict: false }).publishEnds([{ ...end, ...times }]);
    await waits[0];
    expect(ended).toEqual([job]);
    over.next();
    await waits[1];
  });

  it('goes on after its connections are lost', async () => {
    const job = await pendingJob();
    const stream = await streamOf(job);
    const writer = await newWriter();
    await writer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await writeEvent(writer, job);
    await stream.until('progressed');
    expect(sent(stream)).toEqual(await logOf(job));
    stream.close();
  });

  it('reads what is new to it again when the statement fails', async () => {
    const [job, bystander] = [await pendingJob(), await streamOf(await pendingJob())];
    const [writer, killer] = [await newWriter(), await newWriter()];
    await writer.query('BEGIN');
    await writer.query('LOCK TABLE job IN ACCESS EXCLUSIVE MODE');
    const history = firstValueFrom(api.app.get(JobWatchService, { strict: false }).watch(owner.id, job, '0'));
    await waitFor(
      async () => {
        const { rowCount } = await killer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM unnest%job_event%'`,
        );
        return rowCount === 1;
      },
      { what: 'the statement to wait for the lock' },
    );
    await writer.query('COMMIT');
    expect((await history).events).toHaveLength(1);
    bystander.close();
  });

  it('reads everything anew from a server that may have given numbers of transactions again', async () => {
    const url = new URL(api.config.databaseUrl);
    url.searchParams.set('options', '-c search_path=other_server,pg_catalog,public');
    await api.dataSource.query(`
      CREATE SCHEMA other_server;
      CREATE TABLE other_server.start AS SELECT now() AS at;
      CREATE FUNCTION other_server.pg_postmaster_start_time() RETURNS timestamptz STABLE
        LANGUAGE sql AS 'SELECT at FROM other_server.start'`);
    const elsewhere = await TestApp.start({ ROLE: 'api', DATABASE_URL: url.href }, api, withScripts);
    try {
      const job = await pendingJob();
      const stream = await streamOf(job, elsewhere);
      await sleep(SOME_ROUNDS_MS);
      await api.dataSource.query(
        `INSERT INTO job_event (job_id, client_id, type, round, attempt, transaction_id)
         SELECT id, client_id, type || '.progressed', round, attempt, '3' FROM job WHERE id = $1`,
        [job],
      );
      await sleep(SOME_ROUNDS_MS);
      expect(stream.history).toEqual(['accepted']);
      await api.dataSource.query(`UPDATE other_server.start SET at = at + interval '1 s'`);
      await stream.until('progressed');
      stream.close();
    } finally {
      await elsewhere.stop();
    }
  });

  it('is not kept busy by events of another cluster, whose transactions had higher numbers', async () => {
    const job = await pendingJob();
    await api.dataSource.query('UPDATE job_event SET transaction_id = $2 WHERE job_id = $1', [
      job,
      '900000000000000',
    ]);
    const stream = await streamOf(job);
    await sleep(SOME_ROUNDS_MS);
    const { log, jobs } = await statementsOf(() => sleep(SOME_ROUNDS_MS));
    expect(log.length).toBeGreaterThan(2);
    expect(jobs).toEqual([]);
    await writeEvent(api.dataSource, job);
    await stream.until('progressed');
    expect(sent(stream)).toEqual(await logOf(job));
    stream.close();
  });

  it('ends with the client', async () => {
    const gone = await api.client('Gone');
    const id = await submitScript(api, gone.id, 'succeed');
    const stream = await EventReader.open(`${api.url}/v1/jobs/${id}/events`, { key: gone.key });
    await stream.until('accepted');
    await api.dataSource.query('DELETE FROM client WHERE id = $1', [gone.id]);
    await stream.end();
  });
});
