import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { CallbackFailure, revealsNetwork, shownFailure, UNREACHABLE } from '../egress/callback-failure';
import { DisabledReason } from './destination';
import { Delivery, DeliveryAttemptRow, DeliveryState } from './delivery';

const FAILURES = [
  ...Object.values(CallbackFailure),
  UNREACHABLE,
  'endpoint_removed',
  'endpoint_disabled',
  // Before it was delivered, a person that it was about was erased.
  'erased',
];

class TimingsView {
  @ApiPropertyOptional({ description: 'Looking the name up, and checking every address.' })
  dns?: number;

  @ApiPropertyOptional({ description: 'TCP; missing on a connection that was kept.' })
  connect?: number;

  @ApiPropertyOptional()
  tls?: number;

  @ApiPropertyOptional({ description: 'From the start until the status had come.' })
  first_byte?: number;

  @ApiPropertyOptional()
  total?: number;
}

export class DeliveryAttemptView {
  @ApiProperty({ type: 'integer', example: 1 })
  attempt: number;

  @ApiProperty({ format: 'date-time' })
  started_at: string;

  @ApiProperty({ enum: ['delivered', ...FAILURES], description: '`delivered`, or the class of the failure.' })
  outcome: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'The HTTP status of the answer.' })
  status: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The address that was dialled; of endpoints only.',
  })
  address: string | null;

  @ApiProperty({
    type: TimingsView,
    nullable: true,
    description: 'Milliseconds of each phase; of endpoints only.',
  })
  timings: TimingsView | null;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong, for people.' })
  detail: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The start of the answer, 4 KiB at most.' })
  response: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_attempt_at: string | null;
}

export class DeliveryDestinationView {
  @ApiProperty({ type: 'integer', description: 'Attempts that failed in a row, over all deliveries to it.' })
  consecutive_failures: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  failing_since: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'It rests until then, and is asked by one attempt whether it works again.',
  })
  paused_until: string | null;

  @ApiProperty({ enum: DisabledReason, enumName: 'DisabledReason', nullable: true })
  disabled_reason: DisabledReason | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  disabled_at: string | null;
}

export class DeliveryView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({
    format: 'uuid',
    description: 'The `webhook-id` of every attempt, and the id in `/v1/events`.',
  })
  event_id: string;

  @ApiProperty({ example: 'orders.report.completed' })
  event_type: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  job_id: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: '`null`: a `callback_url` that is no endpoint.',
  })
  endpoint_id: string | null;

  @ApiProperty({ format: 'uri' })
  url: string;

  @ApiProperty({ enum: DeliveryState, enumName: 'DeliveryStatus' })
  status: DeliveryState;

  @ApiProperty({ type: 'integer', description: 'Attempts until now.' })
  attempts: number;

  @ApiProperty({ type: String, enum: FAILURES, nullable: true, description: 'Why the last attempt failed.' })
  failure: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_attempt_at: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;

  @ApiProperty({
    type: DeliveryDestinationView,
    nullable: true,
    description:
      'How its URL is now, over all deliveries to it: of a `callback_url` that is no endpoint this is the place to look. ' +
      '`null`: its endpoint was removed.',
  })
  destination: DeliveryDestinationView | null;
}

export class DeliveryWithAttemptsView extends DeliveryView {
  @ApiProperty({ type: [DeliveryAttemptView], description: 'Oldest first.' })
  attempt_log: DeliveryAttemptView[];
}

export class DeliveryPageView {
  @ApiProperty({ type: [DeliveryView] })
  data: DeliveryView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export const deliveryView = (delivery: Delivery): DeliveryView => ({
  id: delivery.id,
  event_id: delivery.message_id,
  event_type: delivery.type,
  job_id: delivery.job_id,
  endpoint_id: delivery.endpoint_id,
  url: delivery.url,
  status: delivery.state,
  attempts: delivery.attempt,
  failure: shownFailure(delivery.endpoint_id, delivery.failure),
  next_attempt_at: delivery.state === DeliveryState.Pending ? delivery.due_at.toISOString() : null,
  created_at: delivery.created_at.toISOString(),
  finished_at: iso(delivery.finished_at),
  destination: destinationView(delivery),
});

function destinationView(delivery: Delivery): DeliveryDestinationView | null {
  if (delivery.destination_id === null) return null;
  const { destination_failures, failing_since, paused_until, disabled_reason, disabled_at } = delivery;
  return {
    consecutive_failures: destination_failures ?? 0,
    failing_since: iso(failing_since),
    paused_until: paused_until !== null && paused_until > new Date() ? iso(paused_until) : null,
    disabled_reason,
    disabled_at: iso(disabled_at),
  };
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export function attemptView(delivery: Delivery, row: DeliveryAttemptRow): DeliveryAttemptView {
  const masked = isMasked(delivery, row.outcome);
  const endpoint = delivery.endpoint_id !== null;
  return {
    attempt: row.attempt,
    started_at: row.started_at.toISOString(),
    outcome: masked ? UNREACHABLE : row.outcome,
    status: row.status,
    address: endpoint ? row.address : null,
    timings: endpoint ? row.timings : null,
    detail: masked ? null : row.detail,
    response: row.response,
    next_attempt_at: iso(row.next_attempt_at),
  };
}

const isMasked = (delivery: Delivery, failure: string): boolean =>
  delivery.endpoint_id === null && revealsNetwork(failure);
