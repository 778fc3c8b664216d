import { ExecutionContext, Module } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { ClientsModule } from '../clients/clients.module';
import { RatePolicy, type RatePolicyName } from '../common/http/rate-policy';
import { AppConfig } from '../config/app-config';
import { AddressLimitGuard } from './address-limit.guard';
import { KeyLimitGuard } from './key-limit.guard';
import { RateLimitStorage } from './rate-limit-storage.service';

const WINDOW_MS = 60_000;

@Module({ providers: [RateLimitStorage], exports: [RateLimitStorage] })
class RateLimitStorageModule {}

/** The policies, where they are counted, and the guards that the application puts around authentication. */
@Module({
  imports: [
    ClientsModule,
    ThrottlerModule.forRootAsync({
      imports: [RateLimitStorageModule],
      inject: [AppConfig, RateLimitStorage, Reflector],
      useFactory: (
        config: AppConfig,
        storage: RateLimitStorage,
        reflector: Reflector,
      ): ThrottlerModuleOptions => ({
        storage,
        throttlers: Object.entries(config.rateLimits).map(([name, limit]) => ({
          name,
          limit,
          ttl: WINDOW_MS,
          skipIf: (context) => name !== 'address' && name !== policyOf(reflector, context),
        })),
      }),
    }),
  ],
  providers: [AddressLimitGuard, KeyLimitGuard],
  exports: [AddressLimitGuard, KeyLimitGuard],
})
export class RateLimitsModule {}

function policyOf(reflector: Reflector, context: ExecutionContext): RatePolicyName {
  const targets = [context.getHandler(), context.getClass()];
  return reflector.getAllAndOverride<RatePolicyName | undefined>(RatePolicy.KEY, targets) ?? 'other';
}
