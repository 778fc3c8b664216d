import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { PermanentJobError } from '../../jobs/job-error';
import { HandlesJob, type JobContext, type JobHandler } from '../../jobs/job-type';
import { GETS_CALLBACKS } from '../deliveries/destination';
import { type RecoverParameters, WEBHOOKS_RECOVER } from './recover.job';
import {
  actOfRecovery,
  type Candidate,
  CANDIDATES_OF_ENDPOINT,
  type FeedPage,
  pageParameters,
} from './resend-candidates';
import { ResendService } from './resend.service';
import type { ResendResultView } from './resend-result.view';

/** Sends an endpoint what it missed of a window. */
@Injectable()
@HandlesJob(WEBHOOKS_RECOVER)
export class RecoverHandler implements JobHandler<RecoverParameters, ResendResultView> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly resends: ResendService,
  ) {}

  run(context: JobContext<RecoverParameters>): Promise<ResendResultView> {
    const { endpoint_id, only } = context.parameters;
    return this.resends.run(context, {
      endpointId: endpoint_id,
      candidates: (page) => this.candidates(context, page),
      actOn: (candidate) => actOfRecovery(candidate, only),
    });
  }

  private async candidates(
    { jobId, parameters }: JobContext<RecoverParameters>,
    page: FeedPage,
  ): Promise<Candidate[]> {
    await this.requireEndpoint(page.clientId, parameters.endpoint_id);
    return lookUpTransaction(this.dataSource, false, (manager) =>
      manager.query(CANDIDATES_OF_ENDPOINT, [...pageParameters(page), parameters.endpoint_id, jobId]),
    );
  }

  /** Whatever its owner did to it since. */
  private async requireEndpoint(clientId: string, endpointId: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id
       WHERE e.id = $1 AND e.client_id = $2 AND ${GETS_CALLBACKS}`,
      [endpointId, clientId],
    );
    if (rows.length > 0) return;
    throw new PermanentJobError(
      'endpoint_not_enabled',
      'The endpoint was removed, disabled, or given a URL that is not verified.',
      'conflict',
    );
  }
}
