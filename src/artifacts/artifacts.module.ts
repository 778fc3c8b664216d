import { Module } from '@nestjs/common';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppConfig } from '../config/app-config';
import { ArtifactStore } from './artifact-store';
import { ClientStorage } from './client-storage.service';
import { FileArtifactStore } from './file-artifact-store';
import { S3ArtifactStore } from './s3-artifact-store';

/** The store that `STORAGE_URL` names, and what each client has in it. */
@Module({
  providers: [
    ClientStorage,
    {
      provide: ArtifactStore,
      inject: [AppConfig],
      useFactory: ({ storageUrl }: AppConfig): ArtifactStore =>
        storageUrl.startsWith('s3:')
          ? new S3ArtifactStore(storageUrl)
          : new FileArtifactStore(resolve(fileURLToPath(storageUrl))),
    },
  ],
  exports: [ArtifactStore, ClientStorage],
})
export class ArtifactsModule {}
