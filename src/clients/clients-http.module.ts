import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller';
import { AuditController } from './audit.controller';
import { ClientsController } from './clients.controller';
import { ClientsModule } from './clients.module';

/** The operators' routes. */
@Module({ imports: [ClientsModule], controllers: [ClientsController, ApiKeysController, AuditController] })
export class ClientsHttpModule {}
