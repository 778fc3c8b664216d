import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { AgeingService } from '../database/ageing.service';

/**
 * Removes jobs that ended long ago, with their events. What waits or runs, was tried again lately, or has a file that can
 * still be fetched, stays however old it is.
 */
@Injectable()
export class JobRetentionService {
  constructor(
    private readonly config: AppConfig,
    private readonly ageing: AgeingService,
  ) {}

  async removeJobs(stopping: AbortSignal): Promise<void> {
    await this.ageing.remove(
      {
        table: 'job',
        rows: 'ended jobs',
        setting: 'JOB_RETENTION_DAYS',
        days: this.config.jobRetentionDays,
        isOver: (cutoff) => `r.finished_at < ${cutoff} AND coalesce(r.expires_at <= now(), true)`,
      },
      stopping,
    );
  }
}
