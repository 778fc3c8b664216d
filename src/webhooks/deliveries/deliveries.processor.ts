import { InjectQueue } from '@nestjs/bull';
import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Queue } from 'bull';
import { DELIVERIES_QUEUE } from './delivery-queue';
import { DeliveryWorker } from './delivery-worker.service';

/**
 * Bull's side of the deliveries: a ticket is spent once this worker has fanned out what had happened by then and set
 * about delivering it. Not `@Process`, which leaves a rejection unhandled when Redis is away.
 */
@Injectable()
export class DeliveriesProcessor implements OnApplicationBootstrap {
  private readonly logger = new Logger(DeliveriesProcessor.name);

  constructor(
    @InjectQueue(DELIVERIES_QUEUE) private readonly queue: Queue,
    private readonly worker: DeliveryWorker,
  ) {}

  /** Does not wait: without Redis it begins when Redis comes. */
  onApplicationBootstrap(): void {
    this.queue
      .process(() => this.worker.lookNow())
      .catch((error: unknown) =>
        this.logger.error(
          `Bull's tickets are not heard; due deliveries are found without them: ${String(error)}`,
        ),
      );
  }
}
