import type { EntityManager } from 'typeorm';
import { newId } from '../../common/ids';
import { giveUpAfter } from './retry-policy';
import { writeMessages } from './messages';

/**
 * Publishes that one of its destinations was disabled, or works again: in the event feed, and to the
 * other endpoints of its client.
 */
export async function publishEndpointState(
  manager: EntityManager,
  destination: {
    client_id: string;
    endpoint_id: string | null;
    address: string;
    disabled_reason: string | null;
  },
  schedule: readonly number[],
): Promise<void> {
  const occurredAt = new Date();
  const status = destination.disabled_reason === null ? 'enabled' : 'disabled';
  const type = `webhook.endpoint.${status}`;
  const body = {
    type,
    timestamp: occurredAt.toISOString(),
    data: {
      endpoint_id: destination.endpoint_id,
      url: destination.address,
      status,
      reason: destination.disabled_reason,
    },
  };
  await writeMessages(
    manager,
    [
      {
        id: newId(),
        clientId: destination.client_id,
        jobId: null,
        type,
        body: Buffer.from(JSON.stringify(body)),
        occurredAt,
        callbackUrl: null,
      },
    ],
    giveUpAfter(schedule),
  );
}
