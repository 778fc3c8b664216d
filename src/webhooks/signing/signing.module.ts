import { Module } from '@nestjs/common';
import { join } from 'node:path';
import { AppConfig } from '../../config/app-config';
import { keptMasterKey } from './master-keys';
import { ResealService } from './reseal.service';
import { SealedBox } from './sealed-box';
import { SigningSecretsService } from './signing-secrets.service';

/** The keys that sign, and their encryption at rest. */
@Module({
  providers: [
    {
      provide: SealedBox,
      inject: [AppConfig],
      useFactory: async (config: AppConfig) => {
        const [current, ...old] = config.webhookMasterKeys ?? [];
        return new SealedBox([
          current ?? (await keptMasterKey(join(config.dataDir, 'keys', 'webhook-master'))),
          ...old,
        ]);
      },
    },
    ResealService,
    SigningSecretsService,
  ],
  exports: [SealedBox, SigningSecretsService],
})
export class SigningModule {}
