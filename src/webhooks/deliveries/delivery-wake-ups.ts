import { InjectQueue } from '@nestjs/bull';
import { Injectable, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bull';
import type { Subscription } from 'rxjs';
import { AppConfig } from '../../config/app-config';
import { JobSignals } from '../../jobs/job-signals';
import { WakeUps } from '../../redis/wake-ups';

/** The Bull queue that wakes workers for deliveries. */
export const DELIVERIES_QUEUE = 'deliveries';

/** Whoever takes one fans out all events, and delivers to every destination that has something due. */
const MOST = 1;

/** Jobs that end in a process that works wake it without Redis; those that end elsewhere, here. */
@Injectable()
export class DeliveryWakeUps extends WakeUps implements OnApplicationBootstrap, OnApplicationShutdown {
  private ends: Subscription | undefined;

  constructor(
    @InjectQueue(DELIVERIES_QUEUE) queue: Queue,
    private readonly config: AppConfig,
    private readonly signals: JobSignals,
  ) {
    super(queue, MOST);
  }

  onApplicationBootstrap(): void {
    if (!this.config.runsWorker) this.ends = this.signals.ended.subscribe(() => this.send());
  }

  onApplicationShutdown(): void {
    this.ends?.unsubscribe();
  }
}
