import { Reflector } from '@nestjs/core';

/** What an API key has an allowance for: submissions, polls (of each job), and other requests. */
export const KEY_POLICIES = ['submit', 'poll', 'other'] as const;

/**
 * What an address has an allowance for, each apart: requests without a good key (`address`), signed links, the public
 * keys, the documentation, the page, and what no route answers.
 */
export const ADDRESS_POLICIES = ['address', 'link', 'jwks', 'docs', 'page', 'unknown'] as const;

export type KeyPolicy = (typeof KEY_POLICIES)[number];
export type AddressPolicy = (typeof ADDRESS_POLICIES)[number];

/** Which allowance a route draws on; `none` is for the probes of the platform. */
export type RatePolicyName = KeyPolicy | AddressPolicy | 'none';

/**
 * `@RatePolicy('poll')` on a route or a controller. Without it a route is `other`, and a public one `address`. A `poll`
 * is about the job `:id` of its path.
 */
export const RatePolicy = Reflector.createDecorator<RatePolicyName>();
