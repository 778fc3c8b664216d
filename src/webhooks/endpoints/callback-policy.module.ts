import { Global, Module } from '@nestjs/common';
import { CallbackPolicy } from '../../jobs/job-submission.service';
import { CallbackPolicyService } from './callback-policy.service';
import { EgressModule } from '../egress/egress.module';

/** Global, because the job engine asks for the policy without knowing who decides. */
@Global()
@Module({
  imports: [EgressModule],
  providers: [CallbackPolicyService, { provide: CallbackPolicy, useExisting: CallbackPolicyService }],
  exports: [CallbackPolicy, CallbackPolicyService],
})
export class CallbackPolicyModule {}
