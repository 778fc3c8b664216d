import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface';

/** What a page may read of an answer, besides the few headers that it always may. */
const EXPOSED = [
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Repr-Digest',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];
const PREFLIGHT_SECONDS = 600;

/** For web pages of these origins. No cookies: whoever calls shows a key. */
export const corsOptions = (origins: string[]): CorsOptions => ({
  origin: origins.includes('*') ? '*' : origins,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  exposedHeaders: EXPOSED,
  maxAge: PREFLIGHT_SECONDS,
});
