import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyEntity } from './api-key.entity';
import { ApiKeyRecognitionService } from './api-key-recognition.service';
import { ApiKeyGuard } from './api-key.guard';
import { ApiKeysService } from './api-keys.service';
import { ApiKeysRetentionService } from './api-keys-retention.service';
import { AuditEntryEntity } from './audit-entry.entity';
import { AuditRetentionService } from './audit-retention.service';
import { AuditTrailService } from './audit-trail.service';
import { CallerRecognitionService } from './caller-recognition.service';
import { ClientEntity } from './client.entity';
import { ClientsService } from './clients.service';
import { ConfiguredKeysService } from './configured-keys.service';
import { JobTokensService } from './job-tokens.service';

const SERVICES = [
  ApiKeyGuard,
  ApiKeyRecognitionService,
  ApiKeysService,
  ApiKeysRetentionService,
  AuditRetentionService,
  AuditTrailService,
  CallerRecognitionService,
  ClientsService,
  ConfiguredKeysService,
  JobTokensService,
];

/** Clients, their API keys, and the guard that the application puts before every route. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity, AuditEntryEntity, ClientEntity])],
  providers: SERVICES,
  exports: SERVICES,
})
export class ClientsModule {}
