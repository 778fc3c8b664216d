import { defineJobType } from '../../jobs/job-type';
import type { DeliveryState } from '../deliveries/delivery';
import { RESENDS, type ResendResult, type ResendWindow } from './recover.job';

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

export const WEBHOOKS_REDELIVER = defineJobType<RedeliverParameters, ResendResult>({
  name: 'webhooks.redeliver',
  ...RESENDS,
});
