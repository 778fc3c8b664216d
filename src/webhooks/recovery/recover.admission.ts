import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/app-error';
import { AdmitsJob, type JobAdmission } from '../../jobs/job-type';
import { DisabledReason } from '../deliveries/destination';
import { EndpointStatus, statusOf } from '../endpoints/endpoint';
import { EndpointsService } from '../endpoints/endpoints.service';
import { type RecoverParameters, WEBHOOKS_RECOVER } from './recover.job';

/** Recovers endpoints that may be sent something, and such as only failed until now. */
@Injectable()
@AdmitsJob(WEBHOOKS_RECOVER)
export class RecoverAdmission implements JobAdmission<RecoverParameters> {
  constructor(private readonly endpoints: EndpointsService) {}

  /** @throws AppError 404; 409 when the endpoint gets nothing */
  async admit(clientId: string, { endpoint_id }: RecoverParameters): Promise<{ deadlineSeconds: number }> {
    const endpoint = await this.endpoints.get(clientId, endpoint_id);
    const status = statusOf(endpoint);
    if (status !== EndpointStatus.Enabled && endpoint.disabled_reason !== DisabledReason.Failing)
      throw new AppError('conflict', 'endpoint_not_enabled', `The endpoint is ${status}.`);
    return WEBHOOKS_RECOVER;
  }
}
