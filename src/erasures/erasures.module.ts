import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { ClientsModule } from '../clients/clients.module';
import { JobsModule } from '../jobs/jobs.module';
import { ClientErasureService } from './client-erasure.service';
import { ErasedFilesService } from './erased-files.service';
import { ErasureEntity } from './erasure.entity';
import { ErasureWorkerService } from './erasure-worker.service';
import { ErasuresService } from './erasures.service';
import { FormerCustomersService } from './former-customers.service';
import { PersonErasureService } from './person-erasure.service';

/** Erasures, in every role: whichever process lives works on them. */
@Module({
  imports: [ArtifactsModule, ClientsModule, JobsModule, TypeOrmModule.forFeature([ErasureEntity])],
  providers: [
    ClientErasureService,
    ErasedFilesService,
    ErasureWorkerService,
    ErasuresService,
    FormerCustomersService,
    PersonErasureService,
  ],
  exports: [ErasuresService],
})
export class ErasuresModule {}
