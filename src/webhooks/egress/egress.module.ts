import { Module } from '@nestjs/common';
import { CallbackClientService } from './callback-client.service';
import { EgressGuardService } from './egress-guard.service';
import { DnsResolver, NameResolver } from './name-resolver';

/** How requests to URLs of strangers leave. */
@Module({
  providers: [
    EgressGuardService,
    CallbackClientService,
    { provide: NameResolver, useFactory: () => new DnsResolver() },
  ],
  exports: [EgressGuardService, CallbackClientService],
})
export class EgressModule {}
