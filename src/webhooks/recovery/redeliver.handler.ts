import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { HandlesJob, type JobContext, type JobHandler } from '../../jobs/job-type';
import { type RedeliverParameters, WEBHOOKS_REDELIVER } from './redeliver.job';
import { actOfRedelivery, CANDIDATES_OF_FILTER } from './resend-candidates';
import { ResendService } from './resend.service';
import type { ResendResultView } from './resend-result.view';

/** Makes the deliveries of a filter again, to wherever they go. */
@Injectable()
@HandlesJob(WEBHOOKS_REDELIVER)
export class RedeliverHandler implements JobHandler<RedeliverParameters, ResendResultView> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly resends: ResendService,
  ) {}

  run(context: JobContext<RedeliverParameters>): Promise<ResendResultView> {
    const { clientId, jobId, parameters } = context;
    const { filter, since, until } = parameters;
    return this.resends.run(context, {
      endpointId: null,
      candidates: (after, last, limit) =>
        lookUpTransaction(this.dataSource, false, (manager) =>
          manager.query(CANDIDATES_OF_FILTER, [
            clientId,
            after.transaction_id,
            after.position,
            last.transaction_id,
            last.position,
            since,
            until,
            limit,
            jobId,
            filter.endpoint_id ?? null,
            filter.event_types ?? null,
          ]),
        ),
      actOn: (candidate) => actOfRedelivery(candidate, filter),
    });
  }
}
