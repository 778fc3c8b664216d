import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { ThrottlerRequest } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { beyondToken } from '../clients/allows-job-token.decorator';
import { CallerRecognitionService } from '../clients/caller-recognition.service';
import { ADDRESS_POLICIES, type AddressPolicy } from '../common/http/rate-policy';
import { AddressLimitsService } from './address-limits.service';
import { isPublic, isUnlimited } from './policies-of-route';
import { RateLimitGuard } from './rate-limit.guard';

/**
 * Before authentication: counts by address what comes to a public route, and what comes without a key or with one that
 * has proved bad; and what a token does not open. A good key is never counted so, whatever else comes from its address.
 */
@Injectable()
export class AddressLimitGuard extends RateLimitGuard {
  @Inject() private readonly recognition: CallerRecognitionService;
  @Inject() private readonly addresses: AddressLimitsService;
  protected readonly policies = ADDRESS_POLICIES;

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    if (isUnlimited(this.reflector, context)) return true;
    if (isPublic(this.reflector, context)) return false;
    const caller = await this.recognition.recognize(context.switchToHttp().getRequest<Request>());
    if (caller === null) return false;
    return caller.token === undefined || beyondToken(caller.token, context, this.reflector) === null;
  }

  protected override async handleRequest({ context, throttler }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const policy = throttler.name as AddressPolicy;
    await this.addresses.admit(http.getRequest<Request>(), http.getResponse<Response>(), policy);
    return true;
  }
}
