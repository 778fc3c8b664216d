import { Global, Module } from '@nestjs/common';
import { CallbackPolicy } from '../../jobs/job-submission.service';
import { CallbackUrlPolicy } from './callback-policy.service';
import { EgressModule } from '../egress/egress.module';

/** Global, because the job engine asks for the policy without knowing who decides. */
@Global()
@Module({
  imports: [EgressModule],
  providers: [CallbackUrlPolicy, { provide: CallbackPolicy, useExisting: CallbackUrlPolicy }],
  exports: [CallbackPolicy, CallbackUrlPolicy],
})
export class CallbackPolicyModule {}
