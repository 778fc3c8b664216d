import type { EntityManager } from 'typeorm';
import { newId } from '../../common/ids';
import { ENDPOINT_RECOVERED } from './event-types';
import { giveUpAfter } from './retry-policy';
import { writeMessages } from './messages';

/** A destination that there is an event about. */
interface Subject {
  client_id: string;
  endpoint_id: string | null;
  address: string;
}

/** Publishes that one of a client's destinations was disabled, or is enabled again. */
export async function publishEndpointState(
  manager: EntityManager,
  destination: Subject & { disabled_reason: string | null },
  schedule: readonly number[],
): Promise<void> {
  const { disabled_reason } = destination;
  const status = disabled_reason === null ? 'enabled' : 'disabled';
  const data = { status, reason: disabled_reason };
  await publish(manager, `webhook.endpoint.${status}`, destination, data, schedule);
}

/** Publishes that one whose circuit was open has been delivered to. */
export async function publishEndpointRecovered(
  manager: EntityManager,
  destination: Subject,
  failingSince: Date,
  schedule: readonly number[],
): Promise<void> {
  const data = { failing_since: failingSince.toISOString() };
  await publish(manager, ENDPOINT_RECOVERED, destination, data, schedule);
}

/** In the event feed, and to the other endpoints of its client. */
async function publish(
  manager: EntityManager,
  type: string,
  { client_id, endpoint_id, address }: Subject,
  data: object,
  schedule: readonly number[],
): Promise<void> {
  const occurredAt = new Date();
  const body = {
    type,
    timestamp: occurredAt.toISOString(),
    data: { endpoint_id, url: address, ...data },
  };
  await writeMessages(
    manager,
    [
      {
        id: newId(),
        clientId: client_id,
        jobId: null,
        type,
        body: Buffer.from(JSON.stringify(body)),
        occurredAt,
        callbackUrl: null,
        aboutEndpoint: endpoint_id,
      },
    ],
    giveUpAfter(schedule),
  );
}
