import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Loop } from '../common/loop';
import { ReportFiles } from './report-files.service';

const ROUND_MS = 60_000;

/** Deletes the files that nobody may have any more. It runs in every process: deleting twice does no harm. */
@Injectable()
export class ReportRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ReportRetention.name);
  private readonly loop = new Loop('retention of reports', ROUND_MS, () => this.round(), this.logger);

  constructor(private readonly files: ReportFiles) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async round(): Promise<void> {
    const deleted = await this.files.sweep();
    if (deleted > 0) this.logger.log(`${deleted} file(s) of expired reports and lost attempts deleted.`);
  }
}
