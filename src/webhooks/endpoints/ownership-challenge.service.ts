import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { newId } from '../../common/ids';
import { DeliveryTargets } from '../deliveries/delivery-targets.service';
import { CallbackClient } from '../egress/callback-client.service';
import { callbackHeaders } from '../signing/callback-headers';

const PATIENCE_MS = 10_000;
const VERIFICATION_TYPE = 'webhook.endpoint.verification';

/**
 * Proves that whoever registers a URL has a say there: a signed POST carries a random challenge, and the answer, a 2xx,
 * must echo it: `{"challenge": "..."}`, or the text alone. A server that merely mirrors requests proves nothing.
 */
@Injectable()
export class OwnershipChallenge {
  constructor(
    private readonly dataSource: DataSource,
    private readonly client: CallbackClient,
    private readonly targets: DeliveryTargets,
  ) {}

  /** @returns whether the URL echoed the challenge; the endpoint is verified then */
  async verify(clientId: string, endpointId: string, url: string): Promise<boolean> {
    const now = new Date();
    const challenge = randomBytes(24).toString('base64url');
    const body = Buffer.from(
      JSON.stringify({
        type: VERIFICATION_TYPE,
        timestamp: now.toISOString(),
        data: { endpoint_id: endpointId, challenge },
      }),
    );
    const owner = { clientId, endpointId };
    const target = (await this.targets.load([owner]))(owner);
    const answer = await this.client.post({
      url: new URL(url),
      headers: callbackHeaders(newId(), body, target.keys, now),
      body,
      tls: target.tls,
      profile: target.profile,
      timeoutMs: PATIENCE_MS,
    });
    if (answer.failure !== null || !echoes(answer.response ?? '', challenge)) return false;
    // Not when its URL was changed in the meantime.
    await this.dataSource.query(
      'UPDATE webhook_endpoint SET verified_at = now() WHERE id = $1 AND client_id = $2 AND url = $3',
      [endpointId, clientId, url],
    );
    return true;
  }
}

function echoes(response: string, challenge: string): boolean {
  if (response.trim() === challenge) return true;
  try {
    return (JSON.parse(response) as { challenge?: unknown } | null)?.challenge === challenge;
  } catch {
    return false;
  }
}
