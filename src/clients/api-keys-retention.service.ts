import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { AgeingService } from '../database/ageing.service';

/**
 * Removes keys that ended long ago: clients make short-lived ones without end. The audit trail names them for as long. What
 * a start was configured with stays: a key that was revoked would be issued anew.
 */
@Injectable()
export class ApiKeysRetentionService {
  constructor(
    private readonly config: AppConfig,
    private readonly ageing: AgeingService,
  ) {}

  async removeEnded(stopping: AbortSignal): Promise<void> {
    await this.ageing.remove(
      {
        table: 'api_key',
        rows: 'ended keys',
        setting: 'AUDIT_RETENTION_DAYS',
        days: this.config.auditRetentionDays,
        isOver: (cutoff) => `NOT r.configured AND least(r.revoked_at, r.expires_at) < ${cutoff}`,
      },
      stopping,
    );
  }
}
