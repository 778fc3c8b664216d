import type { Request } from 'express';

const BEARER = /^Bearer +([\x21-\x7e]{16,512})$/i;

/** The key of `Authorization: Bearer <key>` (RFC 6750). */
export const bearerOf = (request: Request): string | undefined =>
  BEARER.exec(request.headers.authorization ?? '')?.[1];
