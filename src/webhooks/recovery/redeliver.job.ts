import { defineJobType } from '../../jobs/job-type';
import type { DeliveryState } from '../deliveries/delivery';
import { RESENDS, type ResendWindow } from './recover.job';
import type { ResendResultView } from './resend-result.view';

export type EndedState = DeliveryState.Delivered | DeliveryState.Exhausted;

/** Which deliveries. What is not given is any. */
export interface RedeliverFilter {
  status: EndedState[];
  endpoint_id?: string;
  /** Like those of endpoints: exact ones, `orders.report.*`, or `*`. */
  event_types?: string[];
}

export interface RedeliverParameters extends ResendWindow {
  filter: RedeliverFilter;
}

export const WEBHOOKS_REDELIVER = defineJobType<RedeliverParameters, ResendResultView>({
  name: 'webhooks.redeliver',
  ...RESENDS,
});
