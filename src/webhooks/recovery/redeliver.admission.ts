import { Injectable } from '@nestjs/common';
import { AdmitsJob, type JobAdmission } from '../../jobs/job-type';
import { EndpointsService } from '../endpoints/endpoints.service';
import { type RedeliverParameters, WEBHOOKS_REDELIVER } from './redeliver.job';

/** A filter names an endpoint of the client's own, or none. */
@Injectable()
@AdmitsJob(WEBHOOKS_REDELIVER)
export class RedeliverAdmission implements JobAdmission<RedeliverParameters> {
  constructor(private readonly endpoints: EndpointsService) {}

  /** @throws AppError 404 */
  async admit(clientId: string, { filter }: RedeliverParameters): Promise<{ deadlineSeconds: number }> {
    if (filter.endpoint_id !== undefined) await this.endpoints.get(clientId, filter.endpoint_id);
    return WEBHOOKS_REDELIVER;
  }
}
