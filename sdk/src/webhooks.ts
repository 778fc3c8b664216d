import type { paths } from './api-types.ts';
import type { Api } from './api.ts';
import { type DeliveryProof, verifyDeliveryProof } from './delivery-proof.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { JobHandle } from './job-handle.ts';
import type { SubmitOptions } from './reports.ts';

type BodyOf<P extends '/v1/webhooks/endpoints/{id}/recover' | '/v1/webhooks/deliveries/redeliver'> =
  paths[P]['post']['requestBody']['content']['application/json'];

export type Recovery = BodyOf<'/v1/webhooks/endpoints/{id}/recover'>;
export type Redelivery = BodyOf<'/v1/webhooks/deliveries/redeliver'>;

/** A proof of deliveries, as it was signed and as it was verified. */
export interface SignedProof {
  /** The compact JWS, for those who verify it themselves. */
  jws: string;
  proof: DeliveryProof;
}

/** What receivers missed, and proofs of what they got. */
export class Webhooks {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  /** Resends to an endpoint what it missed of a window; `done()` waits until it is resent, and has its counts as `result`. */
  async recover(endpointId: string, recovery: Recovery, options: SubmitOptions = {}): Promise<JobHandle> {
    const { idempotencyKey = newIdempotencyKey(), signal } = options;
    const job = await this.api.call('post', '/v1/webhooks/endpoints/{id}/recover', {
      path: { id: endpointId },
      body: recovery,
      idempotencyKey,
      ...(signal && { signal }),
    });
    return new JobHandle(this.api, job.id, job);
  }

  /** Makes the deliveries of a filter and a window again, to wherever they go. */
  async redeliver(redelivery: Redelivery, options: SubmitOptions = {}): Promise<JobHandle> {
    const { idempotencyKey = newIdempotencyKey(), signal } = options;
    const job = await this.api.call('post', '/v1/webhooks/deliveries/redeliver', {
      body: redelivery,
      idempotencyKey,
      ...(signal && { signal }),
    });
    return new JobHandle(this.api, job.id, job);
  }

  /**
   * What became of every event of a window at an endpoint, signed by the service and verified by the endpoint's public keys.
   *
   * @throws VerificationError when it is not genuine
   */
  async proof(
    endpointId: string,
    { since, until }: { since: string; until: string },
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<SignedProof> {
    const jws = await this.api.http.send(
      {
        method: 'GET',
        path: `/v1/webhooks/endpoints/${encodeURIComponent(endpointId)}/proof`,
        query: { since, until },
        headers: { Accept: 'application/jose, application/problem+json' },
        signal,
      },
      async (response, idle) => {
        const text = await response.text();
        idle.stop();
        return text;
      },
    );
    const keys = await this.api.call('get', '/.well-known/jwks.json', {
      query: { endpoint_id: endpointId },
      ...(signal && { signal }),
    });
    return { jws, proof: await verifyDeliveryProof(jws, keys, { endpointId, since, until }) };
  }
}
