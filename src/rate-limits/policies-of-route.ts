import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { PUBLIC } from '../clients/require-scope.decorator';
import {
  ADDRESS_POLICIES,
  type AddressPolicy,
  KEY_POLICIES,
  type KeyPolicy,
  RatePolicy,
  type RatePolicyName,
} from '../common/http/rate-policy';

const declared = (reflector: Reflector, context: ExecutionContext): RatePolicyName | undefined =>
  reflector.getAllAndOverride<RatePolicyName | undefined>(RatePolicy.KEY, [
    context.getHandler(),
    context.getClass(),
  ]);

/** Whether nothing is counted at all: the probes of the platform. */
export const isUnlimited = (reflector: Reflector, context: ExecutionContext): boolean =>
  declared(reflector, context) === 'none';

export const isPublic = (reflector: Reflector, context: ExecutionContext): boolean =>
  reflector.getAllAndOverride<boolean | undefined>(PUBLIC, [context.getHandler(), context.getClass()]) ===
  true;

/** The policies that a route draws on: one of its caller's key, one of the address that comes without a good key. */
export function policiesOf(reflector: Reflector, context: ExecutionContext): [KeyPolicy, AddressPolicy] {
  const policy = declared(reflector, context);
  const ofAddress = isPublic(reflector, context)
    ? ADDRESS_POLICIES.find((name) => name === policy)
    : undefined;
  return [KEY_POLICIES.find((name) => name === policy) ?? 'other', ofAddress ?? 'address'];
}
