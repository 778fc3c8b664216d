import { Module } from '@nestjs/common';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppConfig } from '../config/app-config';
import { ArtifactStore } from './artifact-store';
import { FileArtifactStore } from './file-artifact-store';

@Module({
  providers: [
    {
      provide: ArtifactStore,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new FileArtifactStore(resolve(fileURLToPath(config.storageUrl))),
    },
  ],
  exports: [ArtifactStore],
})
export class ArtifactsModule {}
