import type { Response } from 'express';

/** What a caller learns of its allowance. */
export interface Allowance {
  policy: string;
  /** Requests in a window. */
  quota: number;
  windowSeconds: number;
  remaining: number;
  /** Seconds until the window ends. */
  resetSeconds: number;
}

/** Sets `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). */
export function setRateLimitHeaders(response: Response, allowance: Allowance): void {
  const { policy, quota, windowSeconds, remaining, resetSeconds } = allowance;
  response.setHeader('RateLimit-Policy', `"${policy}";q=${quota};w=${windowSeconds}`);
  response.setHeader('RateLimit', `"${policy}";r=${remaining};t=${resetSeconds}`);
  if (remaining === 0) leaveOutOfRedirect(response);
}

/** An exhausted quota on a 303 would keep the caller from following it (section 4 of the draft). */
function leaveOutOfRedirect(response: Response): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => Response;
  response.writeHead = ((...args: unknown[]) => {
    if (args[0] === 303) response.removeHeader('RateLimit');
    return writeHead(...args);
  }) as typeof response.writeHead;
}
