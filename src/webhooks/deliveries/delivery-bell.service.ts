import { InjectQueue } from '@nestjs/bull';
import { Injectable, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bull';
import type { Subscription } from 'rxjs';
import { AppConfig } from '../../config/app-config';
import { JobSignals } from '../../jobs/job-signals';
import { DELIVERIES_QUEUE } from './delivery-queue';

/**
 * Rings for a delivery worker when there is something to tell that none knows of: a worker hears by itself of the jobs that
 * end in its own process. A ticket carries nothing: one that waits is enough for all that has happened until it is taken.
 * With Redis away the workers find the work by themselves.
 */
@Injectable()
export class DeliveryBell implements OnApplicationBootstrap, OnApplicationShutdown {
  private subscription: Subscription | undefined;
  private ringing = false;
  private again = false;

  constructor(
    @InjectQueue(DELIVERIES_QUEUE) private readonly queue: Queue,
    private readonly config: AppConfig,
    private readonly signals: JobSignals,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.runsWorker) this.subscription = this.signals.ended.subscribe(() => this.ring());
  }

  onApplicationShutdown(): void {
    this.subscription?.unsubscribe();
  }

  /** Never waits and never fails: the bell is only quicker than the next look. */
  ring(): void {
    if (this.ringing) {
      this.again = true;
      return;
    }
    this.ringing = true;
    void this.add().finally(() => {
      this.ringing = false;
      if (!this.again) return;
      this.again = false;
      this.ring();
    });
  }

  private async add(): Promise<void> {
    if (this.queue.client.status !== 'ready') return;
    try {
      if ((await this.queue.getWaitingCount()) > 0) return;
      await this.queue.add({}, { removeOnComplete: true, removeOnFail: true });
    } catch {
      // Redis went away: the next look finds it.
    }
  }
}
