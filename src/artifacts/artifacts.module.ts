import { Module } from '@nestjs/common';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppConfig } from '../config/app-config';
import { ArtifactStore } from './artifact-store';
import { ClientStorageService } from './client-storage.service';
import { FileArtifactStore } from './file-artifact-store';
import type * as S3 from './s3-artifact-store';

/** The store that `STORAGE_URL` names, and what each client has in it. */
@Module({
  providers: [
    ClientStorageService,
    {
      provide: ArtifactStore,
      inject: [AppConfig],
      useFactory: ({ storageUrl }: AppConfig): ArtifactStore =>
        storageUrl.startsWith('s3:')
          ? s3Store(storageUrl)
          : new FileArtifactStore(resolve(fileURLToPath(storageUrl))),
    },
  ],
  exports: [ArtifactStore, ClientStorageService],
})
export class ArtifactsModule {}

/** The AWS SDK is loaded only where it is used. */
function s3Store(url: string): ArtifactStore {
  // Not `import()`, which resolves as in an ES module: with file endings, and past the compiler of the tests.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { S3ArtifactStore } = require('./s3-artifact-store') as typeof S3;
  return new S3ArtifactStore(url);
}
