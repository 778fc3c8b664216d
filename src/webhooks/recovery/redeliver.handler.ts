import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { HandlesJob, type JobContext, type JobHandler } from '../../jobs/job-type';
import { type RedeliverParameters, WEBHOOKS_REDELIVER } from './redeliver.job';
import { actOfRedelivery, CANDIDATES_OF_FILTER, pageParameters } from './resend-candidates';
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
    const { jobId, parameters } = context;
    const { filter } = parameters;
    return this.resends.run(context, {
      endpointId: null,
      candidates: (page) =>
        lookUpTransaction(this.dataSource, false, (manager) =>
          manager.query(CANDIDATES_OF_FILTER, [
            ...pageParameters(page),
            jobId,
            filter.endpoint_id ?? null,
            filter.event_types ?? null,
          ]),
        ),
      actOn: (candidate) => actOfRedelivery(candidate, filter),
    });
  }
}
