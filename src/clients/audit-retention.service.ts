import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { AgeingService } from '../database/ageing.service';

/** Removes old entries of the audit trail: a trigger refuses it for all that are younger. */
@Injectable()
export class AuditRetentionService {
  constructor(
    private readonly config: AppConfig,
    private readonly ageing: AgeingService,
  ) {}

  async removeEntries(stopping: AbortSignal): Promise<void> {
    await this.ageing.remove(
      {
        table: 'audit_entry',
        rows: 'audit entries',
        setting: 'AUDIT_RETENTION_DAYS',
        days: this.config.auditRetentionDays,
        isOver: (cutoff) => `r.occurred_at < ${cutoff}`,
        // As the trigger asks: the owner of the schema may have made that time longer.
        mayGo: 'r.occurred_at < now() - audit_retention()',
      },
      stopping,
    );
  }
}
