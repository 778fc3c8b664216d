import { Module } from '@nestjs/common';
import { JobsController } from './jobs.controller';
import { JobsModule } from './jobs.module';

/** The monitor's routes. */
@Module({ imports: [JobsModule], controllers: [JobsController] })
export class JobsHttpModule {}
