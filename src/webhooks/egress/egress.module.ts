import { Module } from '@nestjs/common';
import { CallbackClient } from './callback-client.service';
import { EgressGuard } from './egress-guard.service';
import { DnsResolver, NameResolver } from './name-resolver';

/** How requests to URLs of strangers leave. */
@Module({
  providers: [EgressGuard, CallbackClient, { provide: NameResolver, useFactory: () => new DnsResolver() }],
  exports: [EgressGuard, CallbackClient],
})
export class EgressModule {}
