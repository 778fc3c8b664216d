import { SetMetadata } from '@nestjs/common';
import type { JobType } from './job-type';

/**
 * Looks at a job of one type before it is accepted, by whichever route it comes. Annotate the class with
 * `@AdmitsJob(TYPE)`, and list it as a provider of its feature. A type without one has nothing to look at.
 */
export interface JobAdmission<Parameters extends object> {
  /**
   * @returns the seconds within which this piece of work will have ended
   * @throws AppError for a job that could never be done; a repeated request gets its job nevertheless
   */
  admit(clientId: string, parameters: Parameters): Promise<{ deadlineSeconds: number }>;
}

type AdmissionClass<P extends object> = new (...args: never[]) => JobAdmission<P>;

export const ADMITS_JOB = Symbol('admits job');

/** Ties an admission to its job type; does not compile when their parameters differ. */
export const AdmitsJob =
  <P extends object, R extends object>(type: JobType<P, R>) =>
  (target: AdmissionClass<P>): void => {
    SetMetadata(ADMITS_JOB, type)(target);
  };
