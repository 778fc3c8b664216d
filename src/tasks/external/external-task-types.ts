import { Scope } from '../../clients/scope';
import { defineJobType, jobInput, JobType } from '../../jobs/job-type';

/** Work outside may wait for people. */
const DEADLINE_SECONDS = 7 * 86_400;

/** The job types of the configured names, whose work is done by workers that claim it over HTTP. */
export const externalTaskTypes = (names: readonly string[]): JobType[] =>
  names.map((name) =>
    defineJobType({
      name,
      steps: ['work'],
      scope: Scope.Orders,
      external: true,
      deadlineSeconds: DEADLINE_SECONDS,
      input: jobInput(null, (parameters) => parameters),
    }),
  );
