import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { AgeingService } from '../database/ageing.service';

/** Removes changes of orders that are older than events are kept, and notes how far. */
@Injectable()
export class OrderChangesRetentionService {
  constructor(
    private readonly config: AppConfig,
    private readonly ageing: AgeingService,
  ) {}

  async removeOld(stopping: AbortSignal): Promise<void> {
    await this.ageing.remove(
      {
        table: 'order_change',
        rows: 'changes of orders',
        setting: 'EVENT_RETENTION_DAYS',
        days: this.config.eventRetentionDays,
        isOver: () => 'true',
        noting: `UPDATE order_change_horizon SET removed_up_to = newest.position
          FROM (SELECT max(position) AS position FROM removed) newest WHERE newest.position > removed_up_to`,
      },
      stopping,
    );
  }
}
