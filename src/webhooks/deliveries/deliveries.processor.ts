import { Process, Processor } from '@nestjs/bull';
import { DELIVERIES_QUEUE } from './delivery-queue';
import { DeliveryWorker } from './delivery-worker.service';

/** Bull's side of the deliveries: a ticket is spent once this worker has looked at everything that was due by then. */
@Processor(DELIVERIES_QUEUE)
export class DeliveriesProcessor {
  constructor(private readonly worker: DeliveryWorker) {}

  @Process()
  async process(): Promise<void> {
    await this.worker.lookNow();
  }
}
