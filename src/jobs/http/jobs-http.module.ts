import { Module } from '@nestjs/common';
import { ClientsModule } from '../../clients/clients.module';
import { Acceptance } from './acceptance';
import { JobPresenter } from './job.presenter';
import { HeldKeys, HeldRequestsService } from './held-requests.service';
import { JobEventStreamsService } from './job-event-streams.service';
import { JobEventsController } from './job-events.controller';
import { JobTokensController } from './job-tokens.controller';
import { JobWatchService } from './job-watch.service';
import { JobsController } from './jobs.controller';
import { JobsModule } from '../jobs.module';
import { PreferWait } from './prefer-wait';

/** The monitor's routes, and what other features need to let callers wait for jobs. */
@Module({
  imports: [ClientsModule, JobsModule],
  controllers: [JobsController, JobEventsController, JobTokensController],
  providers: [
    Acceptance,
    HeldKeys,
    HeldRequestsService,
    JobEventStreamsService,
    JobPresenter,
    JobWatchService,
    PreferWait,
  ],
  exports: [Acceptance, JobPresenter, PreferWait],
})
export class JobsHttpModule {}
