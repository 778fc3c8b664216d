import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';
import { DataSource } from 'typeorm';
import { JOBS_QUEUE } from '../jobs/jobs-queue';

/** Probes of platforms give up after a second; a Redis that is silent must not take processes out of service. */
const PATIENCE_MS = 400;

/** Asks what this process depends on, without ever waiting long for an answer. */
@Injectable()
export class Readiness {
  constructor(
    private readonly dataSource: DataSource,
    @InjectQueue(JOBS_QUEUE) private readonly queue: Queue,
  ) {}

  async check(): Promise<{ database: boolean; redis: boolean }> {
    const [database, redis] = await Promise.all([
      answers(this.dataSource.query('SELECT 1')),
      answers(this.queue.client.ping()),
    ]);
    return { database, redis };
  }
}

async function answers(question: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  const answer = question.then(
    () => true,
    () => false,
  );
  return Promise.race([answer, impatience]).finally(() => clearTimeout(timer));
}
