import type { JobState } from './job-state';

/** What a job's end tells of it. Times in seconds; those of a job that has not ended are `null`. */
export interface JobEnd {
  id: string;
  type: string;
  state: JobState;
  /** From acceptance to the end. */
  total_seconds: number;
  /** From the first start to the end; `null` when it never started. */
  run_seconds: number | null;
  /** How much later than estimated at acceptance; negative when earlier. */
  late_seconds: number | null;
}

/** SQL of the times of a `JobEnd`, over the row after the change. */
export const JOB_TIMES = `extract(epoch FROM finished_at - created_at)::float8 AS total_seconds,
  extract(epoch FROM finished_at - started_at)::float8 AS run_seconds,
  extract(epoch FROM finished_at - estimated_end_at)::float8 AS late_seconds`;

/** SQL of a `JobEnd`, over the row after the change. */
export const JOB_END = `id, type, state, ${JOB_TIMES}`;
