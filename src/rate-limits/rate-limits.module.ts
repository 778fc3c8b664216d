import { Module } from '@nestjs/common';
import { ClientsModule } from '../clients/clients.module';
import { JobsModule } from '../jobs/jobs.module';
import { AddressLimitGuard } from './address-limit.guard';
import { AddressLimits } from './address-limits.service';
import { KeyLimitGuard } from './key-limit.guard';
import { RateLimitStorage } from './rate-limit-storage.service';
import { RateLimits } from './rate-limits.service';
import { UnknownPathLimit } from './unknown-path-limit.service';

/** Where requests are counted, and the guards that the application puts around authentication. */
@Module({
  imports: [ClientsModule, JobsModule],
  providers: [
    AddressLimitGuard,
    AddressLimits,
    KeyLimitGuard,
    RateLimits,
    RateLimitStorage,
    UnknownPathLimit,
  ],
  exports: [AddressLimitGuard, AddressLimits, KeyLimitGuard],
})
export class RateLimitsModule {}
