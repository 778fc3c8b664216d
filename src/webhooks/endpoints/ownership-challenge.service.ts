import { Injectable, Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { newId } from '../../common/ids';
import { DeliveryTargetsService } from '../deliveries/delivery-targets.service';
import { CallbackClientService } from '../egress/callback-client.service';
import { revealsNetwork, UNREACHABLE } from '../egress/callback-failure';
import { callbackHeaders } from '../signing/callback-headers';

const TIMEOUT_MS = 10_000;
const VERIFICATION_TYPE = 'webhook.endpoint.verification';
const NOT_ECHOED = 'not_echoed';

/**
 * Proves that whoever registers a URL has a say there: a signed POST carries a random challenge, and the answer, a 2xx,
 * must echo it: `{"challenge": "..."}`, or the text alone. A server that merely mirrors requests proves nothing.
 */
@Injectable()
export class OwnershipChallengeService {
  private readonly logger = new Logger(OwnershipChallengeService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: CallbackClientService,
    private readonly targets: DeliveryTargetsService,
  ) {}

  /** Resolves when the endpoint is verified, or the reason why it is not is written down. */
  async verify(clientId: string, endpointId: string, url: string): Promise<void> {
    const failure = await this.challenge(clientId, endpointId, new URL(url));
    // Not when its URL was changed in the meantime.
    await this.dataSource.query(
      `UPDATE webhook_endpoint SET verified_at = CASE WHEN $4::text IS NULL THEN now() ELSE verified_at END,
         verification_failure = $4
       WHERE id = $1 AND client_id = $2 AND url = $3`,
      [endpointId, clientId, url, failure],
    );
    if (failure === null) return;
    this.logger.log(`${new URL(url).origin} did not verify endpoint ${endpointId}: ${failure}.`);
  }

  /** @returns why it failed */
  private async challenge(clientId: string, endpointId: string, url: URL): Promise<string | null> {
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
    const { failure, status, response } = await this.client.post({
      url,
      headers: { ...callbackHeaders(newId(), body, target.keys, now), ...target.headers },
      body,
      tls: target.tls,
      profile: target.profile,
      timeoutMs: TIMEOUT_MS,
    });
    if (failure === null) return echoes(response ?? '', challenge) ? null : NOT_ECHOED;
    if (!revealsNetwork(failure)) return status === null ? failure : `${failure} ${status}`;
    // A port that is closed answers at once: the time must not distinguish it from one that says nothing.
    await setTimeout(Math.max(0, now.getTime() + TIMEOUT_MS - Date.now()));
    return UNREACHABLE;
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
