import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';
import { WakeUps } from '../redis/wake-ups';

/** The Bull queue that wakes workers for jobs. */
export const JOBS_QUEUE = 'jobs';

/** Enough for every idle slot of a fleet. */
const MOST = 100;

@Injectable()
export class JobWakeUps extends WakeUps {
  constructor(@InjectQueue(JOBS_QUEUE) queue: Queue) {
    super(queue, MOST);
  }
}
