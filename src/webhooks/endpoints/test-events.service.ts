import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/app-error';
import { newId } from '../../common/ids';
import { AppConfig } from '../../config/app-config';
import { DeliveriesService } from '../deliveries/deliveries.service';
import { DeliveryWakeUps } from '../deliveries/delivery-wake-ups';
import { DeliveryView, deliveryView } from '../deliveries/delivery.view';
import { giveUpAfter } from '../deliveries/retry-policy';
import { TEST_EVENT } from '../deliveries/event-types';
import { writeMessages } from '../deliveries/messages';
import { Endpoint, EndpointStatus, statusOf } from './endpoint';

/** Sends events that mean nothing, to see whether an endpoint gets them. */
@Injectable()
export class TestEventsService {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly deliveries: DeliveriesService,
    private readonly wakeUps: DeliveryWakeUps,
  ) {}

  /** @throws AppError 409 when the endpoint gets nothing just now */
  async send(clientId: string, endpoint: Endpoint): Promise<DeliveryView> {
    if (statusOf(endpoint) !== EndpointStatus.Enabled) {
      throw new AppError('conflict', 'endpoint_not_enabled', `The endpoint is ${statusOf(endpoint)}.`);
    }
    const id = newId();
    const occurredAt = new Date();
    const body = {
      type: TEST_EVENT,
      timestamp: occurredAt.toISOString(),
      data: { endpoint_id: endpoint.id },
    };
    const message = {
      id,
      clientId,
      jobId: null,
      type: TEST_EVENT,
      body: Buffer.from(JSON.stringify(body)),
      occurredAt,
      callbackUrl: null,
      onlyEndpoint: endpoint.id,
    };
    await this.dataSource.transaction((manager) =>
      writeMessages(manager, [message], giveUpAfter(this.config.callbackRetrySchedule)),
    );
    this.wakeUps.send();
    const [delivery] = await this.deliveries.ofMessage(clientId, id);
    if (delivery === undefined) {
      throw new AppError(
        'conflict',
        'endpoint_not_enabled',
        'The endpoint was disabled or removed just now.',
      );
    }
    return deliveryView(delivery);
  }
}
