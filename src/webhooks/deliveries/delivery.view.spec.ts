import { CallbackFailure } from '../egress/callback-failure';
import { Delivery, DeliveryAttemptRow, DeliveryState } from './delivery';
import { attemptView, deliveryView } from './delivery.view';

const AT = new Date('2026-01-01T00:00:00Z');

const delivery = (failure: string | null, endpoint_id: string | null): Delivery => ({
  id: 'd',
  message_id: 'm',
  type: 'orders.report.completed',
  job_id: 'j',
  endpoint_id,
  url: 'https://example.com/',
  state: DeliveryState.Exhausted,
  attempt: 1,
  failure,
  due_at: AT,
  created_at: AT,
  finished_at: AT,
  destination_id: null,
  destination_failures: null,
  failing_since: null,
  paused_until: null,
  disabled_reason: null,
  disabled_at: null,
});

/** As different as they come: of each class the text, the address and the times that it really has. */
const attempt = (outcome: string): DeliveryAttemptRow => ({
  attempt: 1,
  started_at: AT,
  outcome,
  status: null,
  address: outcome === 'dns' ? null : '10.0.0.7',
  timings: { total: outcome.length },
  detail: `the text of ${outcome}`,
  response: null,
  next_attempt_at: null,
});

const WITHOUT_ANSWER = [
  CallbackFailure.Dns,
  CallbackFailure.Blocked,
  CallbackFailure.Refused,
  CallbackFailure.Timeout,
  CallbackFailure.Reset,
  CallbackFailure.Tls,
  CallbackFailure.Protocol,
];

describe('of a URL that nobody has proved to own', () => {
  it.each(WITHOUT_ANSWER)('%s looks like any other failure to reach it', (failure) => {
    expect(deliveryView(delivery(failure, null)).failure).toBe('unreachable');
    expect(attemptView(delivery(failure, null), attempt(failure))).toEqual({
      attempt: 1,
      started_at: AT.toISOString(),
      outcome: 'unreachable',
      status: null,
      address: null,
      timings: null,
      detail: null,
      response: null,
      next_attempt_at: null,
    });
  });

  it.each(Object.values(CallbackFailure).filter((failure) => !WITHOUT_ANSWER.includes(failure)))(
    '%s is shown, without address and times',
    (failure) => {
      expect(deliveryView(delivery(failure, null)).failure).toBe(failure);
      expect(attemptView(delivery(failure, null), attempt(failure))).toMatchObject({
        outcome: failure,
        address: null,
        timings: null,
        detail: `the text of ${failure}`,
      });
    },
  );
});

it.each(Object.values(CallbackFailure))('the owner of an endpoint reads %s', (failure) => {
  expect(deliveryView(delivery(failure, 'e')).failure).toBe(failure);
  const row = attempt(failure);
  expect(attemptView(delivery(failure, 'e'), row)).toMatchObject({
    outcome: failure,
    address: row.address,
    timings: row.timings,
    detail: row.detail,
  });
});
