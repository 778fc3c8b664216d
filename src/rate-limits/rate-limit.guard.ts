import { Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';

/** A guard that counts some of the policies; the module says which of them a route draws on. */
@Injectable()
export abstract class RateLimitGuard extends ThrottlerGuard {
  protected abstract readonly policies: readonly string[];

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name = '' }) => this.policies.includes(name));
  }
}
