import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeyEntity } from './api-key.entity';
import { ApiKeyRecognition } from './api-key-recognition.service';
import { ApiKeyGuard } from './api-key.guard';
import { ApiKeys } from './api-keys.service';
import { AuditEntryEntity } from './audit-entry.entity';
import { AuditTrail } from './audit-trail.service';
import { ClientEntity } from './client.entity';
import { Clients } from './clients.service';
import { ConfiguredKeys } from './configured-keys.service';

/** Clients, their API keys, and the guard that the application puts before every route. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity, AuditEntryEntity, ClientEntity])],
  providers: [ApiKeyGuard, ApiKeyRecognition, ApiKeys, AuditTrail, Clients, ConfiguredKeys],
  exports: [ApiKeyGuard, ApiKeyRecognition, ApiKeys, AuditTrail, Clients, ConfiguredKeys],
})
export class ClientsModule {}
