import type { Request } from 'express';

/** Keys that operators choose may have spaces in them; those around a header's value are no part of it. */
const BEARER = /^Bearer +([\x21-\x7e][\x20-\x7e]{14,510}[\x21-\x7e])$/i;

/** The key of `Authorization: Bearer <key>` (RFC 6750). */
export const bearerOf = (request: Request): string | undefined =>
  BEARER.exec(request.headers.authorization ?? '')?.[1];
