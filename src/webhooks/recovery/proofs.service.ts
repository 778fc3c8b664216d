import { Injectable } from '@nestjs/common';
import { AppError, invalidField } from '../../common/app-error';
import { AppConfig } from '../../config/app-config';
import { parseDestination } from '../deliveries/destination';
import type { Endpoint } from '../endpoints/endpoint';
import { EndpointsService } from '../endpoints/endpoints.service';
import { SigningSecretsService } from '../signing/signing-secrets.service';
import { type DeliveryProof, signedProof, summaryOf } from './delivery-proof';
import { ProvenEvents } from './proven-events';

/** Some 1.5 MB signed. */
export const MOST_PROVEN_EVENTS = 10_000;

/** Proves what became of every event of a window. */
@Injectable()
export class ProofsService {
  constructor(
    private readonly config: AppConfig,
    private readonly endpoints: EndpointsService,
    private readonly secrets: SigningSecretsService,
    private readonly events: ProvenEvents,
  ) {}

  /**
   * @returns a compact JWS by the endpoint's own key of `/.well-known/jwks.json`
   * @throws AppError 404; 422 for a window that has not ended, is no longer kept, or has too many events; 503 while some of it are not written yet
   */
  async prove(clientId: string, endpointId: string, since: Date, until: Date): Promise<string> {
    const endpoint = await this.endpoints.get(clientId, endpointId);
    if (since >= until) throw invalidField('until', 'until must be after since');
    if (until > new Date()) throw invalidField('until', 'until must not be in the future');
    if (!(await this.events.areWrittenUntil(until)))
      throw new AppError(
        'unavailable',
        'window_not_written',
        'Events of this window are being written just now.',
        {
          retryAfter: 1,
        },
      );
    const key = await this.keyOf(endpoint);
    return signedProof(await this.proofOf(endpoint, since, until), key);
  }

  private async proofOf(endpoint: Endpoint, since: Date, until: Date): Promise<DeliveryProof> {
    const { id, client_id, url, event_types, tags } = endpoint;
    const found = await this.events.find(client_id, id, since, until, MOST_PROVEN_EVENTS);
    // Asked last: what is removed until then is known to be.
    const keptSince = await this.events.keptSince();
    if (keptSince !== null && since < keptSince) throw notKept(keptSince);
    const beyond = found[MOST_PROVEN_EVENTS];
    if (beyond !== undefined) throw tooMany(beyond.occurred_at);
    const events = found.map((event) => ({
      id: event.id,
      outcome: event.outcome,
      at: event.finished_at?.toISOString() ?? null,
    }));
    return {
      iss: this.config.publicUrl,
      sub: id,
      iat: Math.floor(Date.now() / 1_000),
      url: parseDestination(url).address,
      event_types,
      tags,
      since: since.toISOString(),
      until: until.toISOString(),
      ...summaryOf(events),
      events,
    };
  }

  /** One that is made for this signs no callback, unless the endpoint asks for `v1a`. */
  private async keyOf({ id, client_id }: Endpoint): Promise<{ id: string; key: Buffer }> {
    try {
      return await this.secrets.ensurePublic({ clientId: client_id, endpointId: id });
    } catch (error) {
      // One that was removed meanwhile has none.
      await this.endpoints.get(client_id, id);
      throw error;
    }
  }
}

const notKept = (keptSince: Date): AppError =>
  new AppError(
    'unprocessable',
    'window_not_kept',
    'Events of the beginning of this window may have been removed for their age.',
    {
      errors: [{ field: 'since', message: `since must be ${keptSince.toISOString()}, or later` }],
    },
  );

const tooMany = (at: Date): AppError =>
  new AppError(
    'unprocessable',
    'window_too_large',
    `The window has more than ${MOST_PROVEN_EVENTS} events.`,
    {
      errors: [{ field: 'until', message: `until must be about ${at.toISOString()}, or earlier` }],
    },
  );
