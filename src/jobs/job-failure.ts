/** Failures that statements write by themselves: SQL expressions over the row before the change, of type `JobFailure`. */
const failureOfRow = (code: string, message: string, retryable: boolean, kind = 'internal'): string =>
  `jsonb_build_object('code', '${code}', 'message', '${message}', 'retryable', ${retryable},
     'step', steps[least(step + 1, cardinality(steps))], 'attempt', attempt, 'kind', '${kind}')`;

export const WORKER_LOST = failureOfRow('worker_lost', 'The worker stopped before the job was done.', true);

export const DATABASE_UNAVAILABLE = failureOfRow(
  'database_unavailable',
  'The database was not available for a while.',
  true,
  'unavailable',
);

export const STORE_UNAVAILABLE = failureOfRow(
  'store_unavailable',
  'The store of files was not available for too long.',
  true,
  'unavailable',
);

export const DEADLINE_EXCEEDED = failureOfRow(
  'deadline_exceeded',
  'The job did not end before its deadline.',
  false,
);

/** The failure of a job that keeps crashing what works on it, made of its last one. */
export const poison = (failure: string): string =>
  `${failure} || '{"code": "poison", "message": "The job crashed its worker every time it was tried.", "retryable": false}'::jsonb`;
