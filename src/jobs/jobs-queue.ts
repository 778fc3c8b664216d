/** The Bull queue of the job engine. */
export const JOBS_QUEUE = 'jobs';

/** What Bull carries: a wake-up call that names the row which caused it. The row in Postgres is the truth. */
export interface JobTicket {
  jobId: string;
}
