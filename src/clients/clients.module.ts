import { Module } from '@nestjs/common';
import { ApiKeyRecognition } from './api-key-recognition.service';
import { ApiKeyGuard } from './api-key.guard';
import { ApiKeys } from './api-keys.service';
import { AuditTrail } from './audit-trail.service';
import { Clients } from './clients.service';
import { ConfiguredKeys } from './configured-keys.service';

/** Clients, their API keys, and the guard that the application puts before every route. */
@Module({
  providers: [ApiKeyGuard, ApiKeyRecognition, ApiKeys, AuditTrail, Clients, ConfiguredKeys],
  exports: [ApiKeyGuard, ApiKeyRecognition, ApiKeys, AuditTrail, Clients, ConfiguredKeys],
})
export class ClientsModule {}
