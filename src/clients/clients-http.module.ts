import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller';
import { AuditController } from './audit.controller';
import { ClientsController } from './clients.controller';
import { ClientsModule } from './clients.module';
import { OwnKeysController } from './own-keys.controller';

/** The operators' routes, and that of clients for keys of their own. */
@Module({
  imports: [ClientsModule],
  controllers: [ClientsController, ApiKeysController, OwnKeysController, AuditController],
})
export class ClientsHttpModule {}
