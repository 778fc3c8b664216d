import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { invalidField } from '../../common/app-error';
import { CallbackPolicy } from '../../jobs/job-submission.service';
import { UnusableUrlError } from '../egress/callback-url';
import { EgressGuardService, EgressRefusedError } from '../egress/egress-guard.service';
import { NameError } from '../egress/name-resolver';

/** A name server that is slow must not hold the submission up: the attempt looks again. */
const LOOK_UP_MS = 3_000;

/**
 * One text for every URL that must not be called or that has no address: the differences would show a stranger what
 * our network looks like.
 */
const UNREACHABLE = 'must lead to an address that callbacks may be sent to';
/** Of every http URL that is refused, wherever it leads. */
const NOT_BY_HTTP = 'must be https, or lead to an address that callbacks may be sent to by http';

/** Of an endpoint and its destination, in SQL: one that fails gets callbacks again when it works. */
const isReceiving = (endpoint: string, destination: string): string =>
  `(${endpoint}.verified_at IS NOT NULL AND coalesce(${destination}.disabled_reason, 'failing') = 'failing')`;

/** Checks callback URLs at submission, before any work is done for nothing. */
@Injectable()
export class CallbackPolicyService extends CallbackPolicy {
  constructor(
    private readonly dataSource: DataSource,
    private readonly guard: EgressGuardService,
  ) {
    super();
  }

  async check(clientId: string, text: string): Promise<void> {
    const url = await this.checkAddress('callback_url', text);
    const [row] = await this.dataSource.query<
      { endpoint: boolean; open: boolean | null; policy: string | null; origin_verified: boolean }[]
    >(
      `SELECT e.id IS NOT NULL AS endpoint, ${isReceiving('e', 't')} AS open,
         (SELECT unregistered_callbacks FROM webhook_settings WHERE client_id = $1) AS policy,
         EXISTS (SELECT FROM webhook_endpoint v JOIN webhook_destination o ON o.endpoint_id = v.id
           WHERE v.client_id = $1 AND o.origin = $3 AND ${isReceiving('v', 'o')}) AS origin_verified
       FROM (SELECT) AS one
       LEFT JOIN webhook_endpoint e ON e.client_id = $1 AND e.url = $2
       LEFT JOIN webhook_destination t ON t.endpoint_id = e.id`,
      [clientId, url.href, url.origin],
    );
    if (row?.endpoint === true) {
      if (row.open !== true) {
        throw invalidField('callback_url', 'callback_url is an endpoint that is not verified, or disabled');
      }
      return;
    }
    if (row?.policy === 'verified_origins' && !row.origin_verified) {
      throw invalidField(
        'callback_url',
        'callback_url must be on the origin of an endpoint that is verified and enabled',
      );
    }
  }

  /**
   * @param field named in the refusal
   * @throws AppError 422
   */
  async checkAddress(field: string, text: string): Promise<URL> {
    const url = this.parse(field, text);
    const refusal = `${field} ${url.protocol === 'https:' ? UNREACHABLE : NOT_BY_HTTP}`;
    const timeout = AbortSignal.timeout(LOOK_UP_MS);
    try {
      await this.guard.addressesOf(url, timeout);
    } catch (error) {
      if (error instanceof EgressRefusedError) throw invalidField(field, refusal);
      const isNameError = error instanceof NameError;
      if (isNameError && !error.transient) throw invalidField(field, refusal);
      // The name servers fail just now: the attempts look again. Anything else must not let a URL pass.
      if (!isNameError && !timeout.aborted) throw error;
    }
    return url;
  }

  private parse(field: string, text: string): URL {
    try {
      return this.guard.parse(text);
    } catch (error) {
      if (error instanceof UnusableUrlError) throw invalidField(field, `${field} ${error.message}`);
      throw error;
    }
  }
}
