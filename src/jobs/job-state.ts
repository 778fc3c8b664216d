/** `PENDING -> IN_PROGRESS -> COMPLETED | FAILED | CANCELLED`, and back to `PENDING` for a retry. */
export enum JobState {
  Pending = 'PENDING',
  InProgress = 'IN_PROGRESS',
  Completed = 'COMPLETED',
  Failed = 'FAILED',
  Cancelled = 'CANCELLED',
}

const TERMINAL: readonly JobState[] = [JobState.Completed, JobState.Failed, JobState.Cancelled];

export const isTerminal = (state: JobState): boolean => TERMINAL.includes(state);
