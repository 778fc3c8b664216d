import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import type { JobClaims } from '../../src/jobs/job-claims';
import type { JobOutages } from '../../src/jobs/job-outages';
import type { AttemptReport, JobTransitions } from '../../src/jobs/job-transitions';
import type { FailureClass } from '../../src/jobs/job-error';
import { isTerminal, JobState } from '../../src/jobs/job';
import type { JobLease } from '../../src/jobs/job-sql';
import { claimAll } from './claim-all';

const MAX_FAILURES = 2;
const MAX_CRASHES = 2;
const TYPE = 'test.model';
const OPERATOR = {
  clientId: '01900000-0000-7000-8000-000000000001',
  keyId: '01900000-0000-7000-8000-000000000002',
  requestId: 'model',
};

/** What a job must be after the commands so far. */
interface ModelJob {
  id: string;
  state: JobState;
  attempt: number;
  failures: number;
  crashes: number;
  round: number;
  cancelRequested: boolean;
  due: boolean;
  leaseOver: boolean;
  /** It ended while the database was away. */
  leaseForgiven: boolean;
  overdue: boolean;
  /** An outage ended its last attempt, and moved its deadline on to the time at which it is due. */
  postponed: boolean;
}

export interface Model {
  jobs: ModelJob[];
  /** What each worker believes to hold, right or wrong: a frozen worker learns of nothing. */
  beliefs: JobLease[][];
}

export interface Real {
  client: string;
  database: DataSource;
  claims: JobClaims;
  transitions: JobTransitions;
  outages: JobOutages;
}

type Command = fc.AsyncCommand<Model, Real>;

const jobOf = (model: Model, { jobId }: JobLease): ModelJob => model.jobs.find(({ id }) => id === jobId)!;

/** Whether a lease is what the job waits for: anything else must change nothing. */
const isCurrent = (model: Model, lease: JobLease): boolean => {
  const job = jobOf(model, lease);
  return job.state === JobState.InProgress && job.attempt === lease.attempt;
};

const isOverdue = ({ overdue, postponed }: ModelJob): boolean => overdue && !postponed;

/** The whole truth against the whole model, and what must be true of any history. */
async function check(model: Model, { database, client }: Real): Promise<void> {
  const rows = await database.query<ModelJob[]>(
    `SELECT id, state, attempt, failures, crashes, round, cancel_requested_at IS NOT NULL AS "cancelRequested",
       finished_at IS NULL AND deadline_at <= now() AS overdue
     FROM job WHERE client_id = $1 ORDER BY id`,
    [client],
  );
  expect(rows).toEqual(
    model.jobs
      .map((job) => {
        const { id, state, attempt, failures, crashes, round, cancelRequested } = job;
        const overdue = !isTerminal(state) && isOverdue(job);
        return { id, state, attempt, failures, crashes, round, cancelRequested, overdue };
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const [published] = await database.query<{ wrong: number }[]>(
    `SELECT count(*)::int AS wrong FROM job j WHERE client_id = $1 AND (
       (SELECT count(*) FROM job_event e WHERE e.job_id = j.id AND e.terminal)
         <> j.round + (j.state IN ('COMPLETED', 'FAILED', 'CANCELLED'))::int
       OR (SELECT count(*) FROM job_event e WHERE e.job_id = j.id AND e.type LIKE '%.started') <> j.attempt
       OR EXISTS (SELECT FROM job_event e WHERE e.job_id = j.id AND e.attempt > j.attempt))`,
    [client],
  );
  expect(published).toEqual({ wrong: 0 });
}

/** A command that is tried whenever `ready`, and is followed by the check. */
const command = (
  name: string,
  ready: (model: Model) => boolean,
  act: (model: Model, real: Real) => Promise<void>,
): Command => ({
  check: ready,
  run: async (model, real) => {
    await act(model, real);
    await check(model, real);
  },
  toString: () => name,
});

function end(job: ModelJob, state: JobState): void {
  job.state = state;
  job.due = true;
}

const submit = (): Command =>
  command(
    'submit',
    () => true,
    async (model, { database, client }) => {
      const [row] = await database.query<{ id: string }[]>(
        `WITH changed AS (
           INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
           VALUES (uuid_v7(), $1, '${TYPE}', '{}', '{}', ${MAX_FAILURES}, ${MAX_CRASHES}, '{only}', now() + interval '1 h')
           RETURNING *
         ) SELECT id FROM changed`,
        [client],
      );
      model.jobs.push({
        id: row!.id,
        state: JobState.Pending,
        attempt: 0,
        failures: 0,
        crashes: 0,
        round: 0,
        cancelRequested: false,
        due: true,
        leaseOver: false,
        leaseForgiven: false,
        overdue: false,
        postponed: false,
      });
    },
  );

const claim = (worker: number, alone: boolean, most: number): Command =>
  command(
    `claim(${worker}, alone: ${alone}, most: ${most})`,
    () => true,
    async (model, { claims }) => {
      const due = model.jobs.filter((job) => job.state === JobState.Pending && job.due && !isOverdue(job));
      const given = await claimAll(claims, {
        types: [TYPE],
        worker: `worker ${worker}`,
        leaseSeconds: 3_600,
        alone,
        most,
      });
      take(model, worker, due, given, { alone, most });
    },
  );

/** What a claim gave: suspects alone, and to nobody who is busy; but for them, as much as was asked for. */
function take(
  model: Model,
  worker: number,
  due: ModelJob[],
  given: { id: string; attempt: number }[],
  { alone, most }: { alone: boolean; most: number },
): void {
  const suspects = due.filter(({ crashes }) => crashes > 0);
  if (suspects.length === 0) expect(given).toHaveLength(Math.min(most, due.length));
  if (alone && due.length > 0) expect(given).not.toHaveLength(0);
  for (const { id, attempt } of given) {
    const job = due.find((candidate) => candidate.id === id)!;
    expect(job).toBeDefined();
    if (job.crashes > 0) expect([given.length, alone]).toEqual([1, true]);
    expect(attempt).toBe(job.attempt + 1);
    Object.assign(job, { state: JobState.InProgress, attempt, leaseOver: false, leaseForgiven: false });
    model.beliefs[worker]!.push({ jobId: id, attempt });
  }
  expect(given.length).toBeLessThanOrEqual(most);
}

/** A worker does something with one of the attempts that it believes to hold. */
const withBelief = (
  name: string,
  worker: number,
  which: number,
  act: (lease: JobLease, job: ModelJob, current: boolean, real: Real) => Promise<void>,
): Command =>
  command(
    `${name}(${worker}, ${which})`,
    (model) => model.beliefs[worker]!.length > 0,
    async (model, real) => {
      const beliefs = model.beliefs[worker]!;
      const lease = beliefs[which % beliefs.length]!;
      await act(lease, jobOf(model, lease), isCurrent(model, lease), real);
    },
  );

const complete = (worker: number, which: number): Command =>
  withBelief('complete', worker, which, async (lease, job, current, { transitions }) => {
    const wins = current && !job.cancelRequested;
    const result = { by: lease.attempt };
    const ended = await transitions.complete({ ...lease, result, size: 1, retentionDays: 1 });
    expect(ended !== null).toBe(wins);
    if (wins) end(job, JobState.Completed);
  });

/** All that a worker believes to hold is finished at once, and the next jobs are claimed by the same statement. */
const completeAndClaim = (worker: number): Command =>
  command(
    `complete and claim(${worker})`,
    (model) => model.beliefs[worker]!.length > 0,
    async (model, { claims }) => {
      const beliefs = [...model.beliefs[worker]!];
      const due = model.jobs.filter((job) => job.state === JobState.Pending && job.due && !isOverdue(job));
      const wins = beliefs.map((lease) => isCurrent(model, lease) && !jobOf(model, lease).cancelRequested);
      const claimant = {
        types: [TYPE],
        worker: `worker ${worker}`,
        leaseSeconds: 3_600,
        alone: false,
        most: 2,
      };
      const { ends, jobs, mayBeMore } = await claims.completeAndClaim(
        beliefs.map((lease) => ({ ...lease, result: { by: lease.attempt }, size: 1, retentionDays: 1 })),
        claimant,
      );
      const rest = mayBeMore ? await claimAll(claims, { ...claimant, most: 2 - jobs.length }) : [];
      expect(ends.map((ended) => ended !== null)).toEqual(wins);
      for (const [index, lease] of beliefs.entries())
        if (wins[index]) end(jobOf(model, lease), JobState.Completed);
      take(model, worker, due, [...jobs, ...rest], { alone: false, most: 2 });
    },
  );

const fail = (worker: number, which: number, failureClass: FailureClass): Command =>
  withBelief(
    `fail ${failureClass}`,
    worker,
    which,
    async (lease, job, current, { transitions, database }) => {
      const deadline = async (): Promise<number> => {
        const rows = await database.query<{ deadline_at: Date }[]>(
          'SELECT deadline_at FROM job WHERE id = $1',
          [job.id],
        );
        return rows[0]!.deadline_at.getTime();
      };
      const before = await deadline();
      const state = await transitions.fail(lease, failureClass, {
        code: 'model',
        message: 'as the model says',
        retryable: true,
        step: null,
        attempt: lease.attempt,
        kind: 'internal',
      });
      expect(state !== null).toBe(current);
      // By no less than the second after which it is due again.
      expect((await deadline()) - before >= 1_000).toBe(current && failureClass === 'outage');
      if (!current) return;
      if (failureClass === 'crash') job.crashes += 1;
      if (failureClass === 'permanent' || failureClass === 'retryable') job.failures += 1;
      const isOver = {
        permanent: true,
        crash: job.crashes >= MAX_CRASHES,
        retryable: job.failures >= MAX_FAILURES,
        outage: false,
        deadline: isOverdue(job),
      };
      if (failureClass === 'outage') job.postponed = true;
      if (job.cancelRequested) end(job, JobState.Cancelled);
      else if (isOver[failureClass]) end(job, JobState.Failed);
      else Object.assign(job, { state: JobState.Pending, due: false });
      expect(state).toBe(job.state);
    },
  );

const release = (worker: number, which: number): Command =>
  withBelief('release', worker, which, async (lease, job, current, { transitions }) => {
    expect(await transitions.release(lease)).toBe(current);
    if (current) end(job, job.cancelRequested ? JobState.Cancelled : JobState.Pending);
  });

const acknowledgeCancel = (worker: number, which: number): Command =>
  withBelief('acknowledge cancel', worker, which, async (lease, job, current, { transitions }) => {
    const wins = current && job.cancelRequested;
    expect(await transitions.cancelled(lease)).toBe(wins);
    if (wins) end(job, JobState.Cancelled);
  });

const heartbeat = (worker: number): Command =>
  command(
    `heartbeat(${worker})`,
    (model) => model.beliefs[worker]!.length > 0,
    async (model, { transitions }) => {
      const beliefs = model.beliefs[worker]!;
      const reports = beliefs.map((lease): AttemptReport => ({ ...lease, step: 0, progress: 50, size: 7 }));
      const kept = await transitions.heartbeat(reports, 3_600);
      const current = beliefs.filter((lease) => isCurrent(model, lease));
      expect(kept.map(({ id, attempt }) => `${id}.${attempt}`).sort()).toEqual(
        current.map(({ jobId, attempt }) => `${jobId}.${attempt}`).sort(),
      );
      for (const lease of current) {
        const job = jobOf(model, lease);
        job.leaseOver = false;
        expect(kept.find(({ id }) => id === job.id)!.cancelled).toBe(job.cancelRequested);
      }
    },
  );

const onJob = (name: string, which: number, act: (job: ModelJob, real: Real) => Promise<void>): Command =>
  command(
    `${name}(${which})`,
    (model) => model.jobs.length > 0,
    (model, real) => act(model.jobs[which % model.jobs.length]!, real),
  );

const cancel = (which: number): Command =>
  onJob('cancel', which, async (job, { transitions, client }) => {
    if (!isTerminal(job.state)) {
      job.cancelRequested = true;
      if (job.state === JobState.Pending) end(job, JobState.Cancelled);
    }
    expect((await transitions.cancel(client, job.id))!.state).toBe(job.state);
  });

const retry = (which: number): Command =>
  onJob('retry', which, async (job, { transitions }) => {
    const wins = job.state === JobState.Failed;
    expect(await transitions.retry(OPERATOR, job.id, 3_600)).toBe(wins);
    if (!wins) return;
    end(job, JobState.Pending);
    Object.assign(job, { failures: 0, crashes: 0, round: job.round + 1, overdue: false, postponed: false });
  });

const leaseRunsOut = (which: number): Command =>
  onJob('lease runs out', which, async (job, { database }) => {
    Object.assign(job, { leaseOver: job.state === JobState.InProgress, leaseForgiven: false });
    await database.query(`UPDATE job SET lease_until = now() WHERE id = $1 AND state = 'IN_PROGRESS'`, [
      job.id,
    ]);
  });

const becomesDue = (which: number): Command =>
  onJob('becomes due', which, async (job, { database }) => {
    if (job.state !== JobState.Pending) return;
    Object.assign(job, { due: true, postponed: false });
    await database.query(`UPDATE job SET ${UNTIL_DUE} WHERE id = $1`, [job.id]);
  });

const deadlinePasses = (which: number): Command =>
  onJob('deadline passes', which, async (job, { database }) => {
    Object.assign(job, { overdue: true, postponed: false });
    await database.query(`UPDATE job SET deadline_at = now() WHERE id = $1`, [job.id]);
  });

const reap = (): Command =>
  command(
    'reap',
    () => true,
    async (model, { transitions }) => {
      await transitions.reap([TYPE]);
      for (const job of model.jobs.filter(
        ({ state, leaseOver }) => state === JobState.InProgress && leaseOver,
      )) {
        if (!job.leaseForgiven) job.crashes += 1;
        if (job.cancelRequested) end(job, JobState.Cancelled);
        else end(job, job.crashes >= MAX_CRASHES || isOverdue(job) ? JobState.Failed : JobState.Pending);
      }
    },
  );

const endOverdue = (): Command =>
  command(
    'end overdue',
    () => true,
    async (model, { transitions }) => {
      await transitions.endOverdue([TYPE]);
      for (const job of model.jobs)
        if (job.state === JobState.Pending && isOverdue(job)) end(job, JobState.Failed);
    },
  );

/** An hour goes by: every time of the past is an hour older, and what is to come has come an hour nearer. */
const HOUR_GOES_BY = `UPDATE outage SET began_at = began_at - interval '1 h', ended_at = ended_at - interval '1 h';
  UPDATE job SET created_at = created_at - interval '1 h', run_at = run_at - interval '1 h',
  deadline_at = deadline_at - interval '1 h', outage_counted_until = outage_counted_until - interval '1 h',
  lease_until = lease_until - interval '30 min' WHERE finished_at IS NULL`;

/** The time goes by until a job is due. A deadline that an outage moved on comes as much nearer. */
const UNTIL_DUE = `run_at = now(), deadline_at = deadline_at - CASE WHEN outages > 0
  THEN greatest(run_at - now(), interval '0') ELSE interval '0' END`;

const lastSeen = (dependency: string, ago: string): string =>
  `INSERT INTO dependency VALUES ('${dependency}', now() - interval '${ago}')
   ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at`;

/** However long the history takes on this machine. */
const STAYS = `UPDATE dependency SET seen_at = now() + interval '1 h'`;

/**
 * The database is away for an hour, in which every lease ends. What came to its end in that time is nobody's failure: not
 * before it is counted, and not after it.
 */
const databaseAway = (survived: boolean): Command =>
  command(
    `database away(survived: ${survived})`,
    () => true,
    async (model, { database, outages, transitions }) => {
      await database.query(HOUR_GOES_BY);
      await database.query(
        `UPDATE job SET lease_until = now() - interval '30 min' WHERE state = 'IN_PROGRESS'`,
      );
      await database.query(lastSeen('database', '1 h'));
      expect([await transitions.reap([TYPE]), await transitions.endOverdue([TYPE])]).toEqual([[], []]);
      expect(await outages.see(['database'])).toEqual(['database']);
      await outages.record('database', survived);
      // Nor while only a part of the deadlines is moved on.
      expect([await transitions.reap([TYPE]), await transitions.endOverdue([TYPE])]).toEqual([[], []]);
      await outages.settle([TYPE], new AbortController().signal);
      await database.query(STAYS);
      for (const job of model.jobs.filter(({ state }) => !isTerminal(state))) {
        Object.assign(job, { due: true, postponed: false });
        if (job.state === JobState.InProgress)
          Object.assign(job, { leaseOver: true, leaseForgiven: survived });
      }
    },
  );

/** The store is away for an hour: jobs that wait for it come no nearer to their deadlines, during it and after it. */
const storeAway = (): Command =>
  command(
    'store away',
    () => true,
    async (model, { database, outages, transitions }) => {
      await database.query(HOUR_GOES_BY);
      await database.query(`UPDATE job SET lease_until = now() + interval '1 h' WHERE state = 'IN_PROGRESS'`);
      await database.query(lastSeen('store', '1 h'));
      for (const job of model.jobs.filter(({ state }) => !isTerminal(state))) {
        Object.assign(job, { due: true, postponed: false });
        if (job.state === JobState.InProgress) job.leaseOver = false;
      }
      const overdue = model.jobs.filter((job) => job.state === JobState.Pending && isOverdue(job));
      expect(await transitions.endOverdue([TYPE])).toHaveLength(overdue.length);
      for (const job of overdue) end(job, JobState.Failed);
      await outages.record('store', true);
      await outages.settle([TYPE], new AbortController().signal);
      await database.query(STAYS);
    },
  );

/** What freezes and crashes come to, as one command, so that histories are full of workers that know less than is true. */
const takenOver = (by: number, index: number): Command =>
  command(
    `taken over(${by}, ${index})`,
    (model) => model.jobs.length > 0,
    async (model, real) => {
      await leaseRunsOut(index).run(model, real);
      await reap().run(model, real);
      await claim(by, true, 1).run(model, real);
    },
  );

const worker = fc.nat(2);
const which = fc.nat(5);

/** Several of it, so that it is drawn more often. */
const often = <T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T>[] =>
  Array.from({ length: times }, () => arbitrary);

/** Every way in which a job's row changes, and the clock, which is moved by changing the row's times. */
export const commands = (): fc.Arbitrary<Iterable<Command>> =>
  fc.commands(
    [
      ...often(2, fc.constant(submit())),
      ...often(
        4,
        fc.tuple(worker, fc.boolean(), fc.integer({ min: 1, max: 4 })).map(([w, a, m]) => claim(w, a, m)),
      ),
      ...often(
        2,
        fc.tuple(worker, which).map(([w, i]) => takenOver(w, i)),
      ),
      ...often(
        2,
        fc.tuple(worker, which).map(([w, i]) => complete(w, i)),
      ),
      ...often(2, worker.map(completeAndClaim)),
      ...often(
        2,
        fc
          .tuple(
            worker,
            which,
            fc.constantFrom<FailureClass>('permanent', 'retryable', 'crash', 'outage', 'deadline'),
          )
          .map(([w, i, c]) => fail(w, i, c)),
      ),
      fc.tuple(worker, which).map(([w, i]) => release(w, i)),
      fc.tuple(worker, which).map(([w, i]) => acknowledgeCancel(w, i)),
      ...often(2, worker.map(heartbeat)),
      which.map(cancel),
      which.map(retry),
      which.map(leaseRunsOut),
      which.map(becomesDue),
      which.map(deadlinePasses),
      fc.constant(reap()),
      fc.constant(endOverdue()),
      fc.boolean().map(databaseAway),
      fc.constant(storeAway()),
    ],
    { maxCommands: 30, size: 'max' },
  );

/** Whatever happened: the clock goes on, the transitions run, a worker that lives works, and every job ends. */
export async function drain(model: Model, real: Real): Promise<void> {
  model.beliefs[0] = [];
  for (let turn = 0; turn < 100 && model.jobs.some(({ state }) => !isTerminal(state)); turn += 1) {
    await real.database.query(
      `UPDATE job SET ${UNTIL_DUE}, lease_until = CASE state WHEN 'IN_PROGRESS' THEN now() END WHERE finished_at IS NULL`,
    );
    for (const job of model.jobs)
      Object.assign(job, { due: true, postponed: false, leaseOver: true, leaseForgiven: false });
    await reap().run(model, real);
    await endOverdue().run(model, real);
    await claim(0, true, 1).run(model, real);
    if (model.beliefs[0].length > 0) await complete(0, model.beliefs[0].length - 1).run(model, real);
  }
  expect(model.jobs.filter(({ state }) => !isTerminal(state))).toEqual([]);
}
