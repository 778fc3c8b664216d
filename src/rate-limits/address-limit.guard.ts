import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { ThrottlerRequest } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { ApiKeyRecognitionService } from '../clients/api-key-recognition.service';
import { bearerOf } from '../clients/bearer';
import { ADDRESS_POLICIES, type AddressPolicy } from '../common/http/rate-policy';
import { AddressLimitsService } from './address-limits.service';
import { isPublic, isUnlimited } from './policies-of-route';
import { RateLimitGuard } from './rate-limit.guard';

/**
 * Before authentication: counts by address what comes to a public route, and what comes without a key or with one that
 * has proved bad. A good key is never counted so, whatever else comes from its address.
 */
@Injectable()
export class AddressLimitGuard extends RateLimitGuard {
  @Inject() private readonly recognition: ApiKeyRecognitionService;
  @Inject() private readonly addresses: AddressLimitsService;
  protected readonly policies = ADDRESS_POLICIES;

  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    if (isUnlimited(this.reflector, context)) return true;
    if (isPublic(this.reflector, context)) return false;
    const key = bearerOf(context.switchToHttp().getRequest<Request>());
    return key !== undefined && (await this.recognition.recognize(key)) !== null;
  }

  protected override async handleRequest({ context, throttler }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const policy = throttler.name as AddressPolicy;
    await this.addresses.admit(http.getRequest<Request>(), http.getResponse<Response>(), policy);
    return true;
  }
}
