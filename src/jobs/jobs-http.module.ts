import { Module } from '@nestjs/common';
import { ClientsModule } from '../clients/clients.module';
import { ExternalClaims } from './external-claims.service';
import { GenericSubmission } from './generic-submission.service';
import { HeldKeys } from './held-keys.service';
import { HeldRequests } from './held-requests.service';
import { JobEventStreams } from './job-event-streams.service';
import { JobEventsController } from './job-events.controller';
import { JobRetry } from './job-retry.service';
import { JobWatch } from './job-watch.service';
import { JobsController } from './jobs.controller';
import { JobsModule } from './jobs.module';
import { PreferWait } from './prefer-wait.service';

/** The monitor's routes, and what other features need to let callers wait for jobs. */
@Module({
  imports: [ClientsModule, JobsModule],
  controllers: [JobsController, JobEventsController],
  providers: [
    ExternalClaims,
    GenericSubmission,
    HeldKeys,
    HeldRequests,
    JobEventStreams,
    JobRetry,
    JobWatch,
    PreferWait,
  ],
  exports: [ExternalClaims, PreferWait],
})
export class JobsHttpModule {}
