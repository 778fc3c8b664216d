import { Scope } from '../../clients/scope';
import { defineJobType } from '../../jobs/job-type';
import { ResendResultView } from './resend-result.view';

/** What of a window an endpoint gets again. */
export enum RecoverOnly {
  /** What was given up, and what waits since an attempt failed. */
  Failed = 'failed',
  /** Events that it would get today, and that were never to be delivered to it. */
  Missing = 'missing',
  /** Both, and what it has had already. */
  All = 'all',
}

/** Of which events, by the time at which they happened: ISO 8601, `until` not included. */
export interface ResendWindow {
  since: string;
  until: string;
}

export interface RecoverParameters extends ResendWindow {
  endpoint_id: string;
  only: RecoverOnly;
}

/** A receiver that takes one delivery a second has a week for 600,000. */
const WEEK_SECONDS = 7 * 86_400;

/** What jobs that resend have in common: they wait for receivers. */
export const RESENDS = {
  steps: ['resend'] as [string],
  scope: Scope.Webhooks,
  resultView: ResendResultView,
  deadlineSeconds: WEEK_SECONDS,
  // In so long a time workers may die more often, and it goes on where it was.
  maxCrashes: 100,
  waits: true,
};

export const WEBHOOKS_RECOVER = defineJobType<RecoverParameters, ResendResultView>({
  name: 'webhooks.recover',
  ...RESENDS,
});
