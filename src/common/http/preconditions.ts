import { AppError } from '../app-error';
import type { Request } from 'express';

/** What a request demands of the thing that it names (RFC 9110, sections 13.1.1 and 13.1.2). */
export interface Preconditions {
  ifMatch: EntityTags | undefined;
  ifNoneMatch: EntityTags | undefined;
}

type EntityTags = '*' | readonly string[];

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/** @throws AppError 400 `invalid_precondition` for a header that is no list of entity tags */
export const preconditionsOf = (request: Request): Preconditions => ({
  ifMatch: entityTags('If-Match', request.get('if-match')),
  ifNoneMatch: entityTags('If-None-Match', request.get('if-none-match')),
});

/**
 * @param etag strong, with its quotes; `undefined` when there is no such thing
 * @throws AppError 412 `precondition_failed`
 */
export function requirePreconditions(
  { ifMatch, ifNoneMatch }: Preconditions,
  etag: string | undefined,
): void {
  const isMissed = ifMatch !== undefined && !matches(ifMatch, etag, (tag) => tag);
  const isHit = ifNoneMatch !== undefined && matches(ifNoneMatch, etag, (tag) => tag.replace(/^W\//, ''));
  if (!isMissed && !isHit) return;
  const found = etag === undefined ? 'there is none' : `it is ${etag}`;
  throw new AppError(
    'precondition_failed',
    'precondition_failed',
    `Not as ${isMissed ? 'If-Match' : 'If-None-Match'} demands: ${found}.`,
    {
      ...(etag !== undefined && { headers: { ETag: etag } }),
    },
  );
}

/** @param compared a tag as the comparison takes it: `If-Match` compares strongly, `If-None-Match` weakly */
const matches = (tags: EntityTags, etag: string | undefined, compared: (tag: string) => string): boolean =>
  etag !== undefined && (tags === '*' || tags.some((tag) => compared(tag) === etag));

function entityTags(name: string, header: string | undefined): EntityTags | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  const tags = header.split(',').map((tag) => tag.trim());
  if (tags.every((tag) => ENTITY_TAG.test(tag))) return tags;
  throw new AppError(
    'bad_request',
    'invalid_precondition',
    `${name} is neither * nor a list of entity tags.`,
    {
      errors: [{ field: name, message: `${name} must be * or entity tags such as "3"` }],
    },
  );
}
