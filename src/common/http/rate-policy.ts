import { Reflector } from '@nestjs/core';

/** Which allowance a route draws on; `none` is for the probes of the platform. */
export type RatePolicyName = 'submit' | 'poll' | 'other' | 'none';

/** `@RatePolicy('poll')` on a route or a controller; without it a route is `other`. */
export const RatePolicy = Reflector.createDecorator<RatePolicyName>();
