import { Module } from '@nestjs/common';
import { ClientsModule } from '../../clients/clients.module';
import { Acceptance } from './acceptance';
import { JobPresenter } from './job.presenter';
import { HeldKeys, HeldRequests } from './held-requests.service';
import { JobEventStreams } from './job-event-streams.service';
import { JobEventsController } from './job-events.controller';
import { JobWatch } from './job-watch.service';
import { JobsController } from './jobs.controller';
import { JobsModule } from '../jobs.module';
import { PreferWait } from './prefer-wait';

/** The monitor's routes, and what other features need to let callers wait for jobs. */
@Module({
  imports: [ClientsModule, JobsModule],
  controllers: [JobsController, JobEventsController],
  providers: [Acceptance, HeldKeys, HeldRequests, JobEventStreams, JobPresenter, JobWatch, PreferWait],
  exports: [Acceptance, JobPresenter, PreferWait],
})
export class JobsHttpModule {}
