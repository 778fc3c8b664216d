import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { ApiKeyRecognition } from '../clients/api-key-recognition.service';
import { bearerOf } from '../clients/bearer';
import { PUBLIC } from '../clients/require-scope.decorator';
import {
  ADDRESS_POLICIES,
  type AddressPolicy,
  RatePolicy,
  type RatePolicyName,
} from '../common/http/rate-policy';
import { AddressLimits } from './address-limits.service';

/**
 * Before authentication: counts by address what comes to a public route, and what comes without a key or with one that
 * has proved bad. A good key is never counted so, whatever else comes from its address.
 */
@Injectable()
export class AddressLimitGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly recognition: ApiKeyRecognition,
    private readonly addresses: AddressLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const policy = this.reflector.getAllAndOverride<RatePolicyName | undefined>(RatePolicy.KEY, targets);
    if (policy === 'none') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true;
    if (isPublic || !(await this.hasGoodKey(request))) {
      const response = context.switchToHttp().getResponse<Response>();
      await this.addresses.admit(request, response, isPublic ? addressPolicyOf(policy) : 'address');
    }
    return true;
  }

  private async hasGoodKey(request: Request): Promise<boolean> {
    const key = bearerOf(request);
    return key !== undefined && (await this.recognition.recognize(key)) !== null;
  }
}

const addressPolicyOf = (policy: RatePolicyName | undefined): AddressPolicy =>
  ADDRESS_POLICIES.find((name) => name === policy) ?? 'address';
