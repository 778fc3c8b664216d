import { Injectable } from '@nestjs/common';
import { Scope } from '../../src/clients/scope';
import { PermanentJobError } from '../../src/jobs/job-error';
import { defineJobType, HandlesJob, JobContext, JobHandler } from '../../src/jobs/job-type';

export interface NoopParameters {
  fail?: boolean;
  /** Runs until it is cancelled. */
  untilCancelled?: boolean;
}

export interface NoopResult {
  artifact: { key: string; sha256: string; bytes: number; pages: number; media_type: string };
}

/** A job that costs nothing and ends at once, with the result of a report. */
export const NOOP = defineJobType<NoopParameters, NoopResult>({
  name: 'test.noop',
  steps: ['only'],
  scope: Scope.Reports,
  keepsArtifact: true,
  resource: { rel: 'reports', path: '/v1/orders/reports/{id}', statusPath: '/v1/orders/reports/status/{id}' },
});

export const NOOP_ARTIFACT = {
  sha256: 'ab'.repeat(32),
  bytes: 48_211,
  pages: 12,
  media_type: 'application/pdf',
};

@Injectable()
@HandlesJob(NOOP)
export class NoopHandler implements JobHandler<NoopParameters, NoopResult> {
  run({ parameters, jobId, signal }: JobContext<NoopParameters>): Promise<NoopResult> {
    if (parameters.untilCancelled === true) {
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('It was cancelled.')), { once: true }),
      );
    }
    if (parameters.fail === true)
      return Promise.reject(new PermanentJobError('invalid_file', 'This can never work.', 'unprocessable'));
    return Promise.resolve({ artifact: { key: `${jobId}/1.pdf`, ...NOOP_ARTIFACT } });
  }
}
