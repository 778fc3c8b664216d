import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, isUUID, IsString, MaxLength, Min } from 'class-validator';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from './app-error';
import { isWritable } from './http/unreadable-fields';
import { parseTimestamp } from './timestamp';

export const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;
/** Of characters: an order's time and number, escaped and in base64. */
export const LONGEST_CURSOR = 1_024;

/** The query of every list: extend it with the list's own filters. */
export class PageQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    description: `More counts as ${MAX_PAGE_SIZE}. Left out: ${DEFAULT_PAGE_SIZE}.`,
  })
  @IsOptional()
  // `Number` alone would read `0x2` and `1e1` as well.
  @Transform(({ value }: { value: unknown }) => (/^\d+$/.test(String(value)) ? Number(value) : value))
  @IsInt()
  @Min(1)
  page_size?: number;

  @ApiPropertyOptional({ maxLength: LONGEST_CURSOR, description: '`next_cursor` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_CURSOR)
  cursor?: string;
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** The page size to use: an oversized one is coerced, as AIP-158 advises. */
export const pageSize = (query: PageQuery): number =>
  Math.min(query.page_size ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);

/** What a part of a sort key is: an id (UUID), a time in ISO 8601, or text. */
export type CursorPart = 'id' | 'time' | 'text';

/** Which list a cursor is of. With another client or other filters it would skip rows silently: AIP-158 makes that an error. */
export interface ListOf {
  list: string;
  /** Whose list; `null` for one of all clients. */
  clientId: string | null;
  filters?: object;
}

/**
 * An opaque keyset cursor: the sort key of the last row, and an HMAC-SHA256 of it and of its list. Nobody else can make
 * one, so what comes back is what was sent.
 *
 * @param secret that all processes share
 */
export function encodeCursor(secret: Buffer, key: string[], of: ListOf): string {
  const code = codeOf(secret, key, of).toString('base64url');
  return Buffer.from(JSON.stringify([code, ...key])).toString('base64url');
}

/**
 * The sort key of a cursor.
 *
 * @throws AppError 400 `invalid_cursor` for what was not made with this secret for this list, or does not have these parts
 */
export function decodeCursor(secret: Buffer, cursor: string, parts: CursorPart[], of: ListOf): string[] {
  const [given, ...key] = stringsOf(cursor);
  const code = Buffer.from(given ?? '', 'base64url');
  const expected = codeOf(secret, key, of);
  if (code.length !== expected.length || !timingSafeEqual(code, expected)) throw invalidCursor();
  // Also of our own: another version may have made it, and no cursor may be an error of the database.
  if (key.length !== parts.length || !parts.every((part, index) => IS_PART[part](key[index] ?? '')))
    throw invalidCursor();
  return key;
}

const IS_PART: Record<CursorPart, (value: string) => boolean> = {
  id: (value) => isUUID(value),
  time: (value) => parseTimestamp(value) !== undefined,
  text: isWritable,
};

/** The strings in a cursor; none when it holds anything else. */
function stringsOf(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : [];
  } catch {
    return [];
  }
}

/** Half of the HMAC, which RFC 2104, section 5 allows: the address of the next page has it. */
const codeOf = (secret: Buffer, key: string[], { list, clientId, filters = {} }: ListOf): Buffer =>
  createHmac('sha256', secret)
    .update(JSON.stringify([list, clientId, filters, key]))
    .digest()
    .subarray(0, 16);

const invalidCursor = (): AppError =>
  new AppError('bad_request', 'invalid_cursor', 'The cursor is not one of this list with these filters.', {
    errors: [{ field: 'cursor', message: 'cursor must be the next_cursor of a page with the same filters' }],
  });
