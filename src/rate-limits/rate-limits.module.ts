import { Module } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { ClientsModule } from '../clients/clients.module';
import { ADDRESS_POLICIES, KEY_POLICIES } from '../common/http/rate-policy';
import { JobsModule } from '../jobs/jobs.module';
import { RedisModule } from '../redis/redis.module';
import { AddressLimitGuard } from './address-limit.guard';
import { AddressLimitsService } from './address-limits.service';
import { KeyLimitGuard } from './key-limit.guard';
import { policiesOf } from './policies-of-route';
import { RateLimitStorageService } from './rate-limit-storage.service';
import { RateLimitsService, WINDOW_MS } from './rate-limits.service';
import { UnknownPathLimitService } from './unknown-path-limit.service';

@Module({
  imports: [RedisModule],
  providers: [RateLimitsService, RateLimitStorageService],
  exports: [RateLimitsService, RateLimitStorageService],
})
class RateLimitCountsModule {}

/** The policies, where they are counted, and the guards that the application puts around authentication. */
@Module({
  imports: [
    ClientsModule,
    JobsModule,
    RateLimitCountsModule,
    ThrottlerModule.forRootAsync({
      imports: [RateLimitCountsModule],
      inject: [RateLimitsService, RateLimitStorageService, Reflector],
      useFactory: (
        limits: RateLimitsService,
        storage: RateLimitStorageService,
        reflector: Reflector,
      ): ThrottlerModuleOptions => ({
        storage,
        throttlers: [...KEY_POLICIES, ...ADDRESS_POLICIES].map((name) => ({
          name,
          limit: limits.limitOf(name),
          ttl: WINDOW_MS,
          skipIf: (context) => !policiesOf(reflector, context).includes(name),
        })),
      }),
    }),
  ],
  providers: [AddressLimitGuard, AddressLimitsService, KeyLimitGuard, UnknownPathLimitService],
  exports: [AddressLimitGuard, AddressLimitsService, KeyLimitGuard],
})
export class RateLimitsModule {}
