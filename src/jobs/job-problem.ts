import { AppError } from '../common/app-error';
import type { Job } from './job';

/** How the synchronous call would have failed. */
export function failureOf(job: Job, extensions: Record<string, unknown> = {}): AppError {
  const {
    kind,
    code,
    message,
    errors,
    extensions: own,
  } = job.error ?? {
    kind: 'internal' as const,
    code: 'internal_error',
    message: 'The job failed.',
  };
  return new AppError(kind, code, message, {
    extensions: { ...own, ...extensions },
    ...(errors && { errors }),
  });
}
