import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import { createHash } from 'node:crypto';
import { AppError } from './app-error';

export const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;

/** The query of every list: extend it with the list's own filters. */
export class PageQuery {
  @ApiPropertyOptional({
    minimum: 1,
    default: DEFAULT_PAGE_SIZE,
    description: `More than ${MAX_PAGE_SIZE} counts as ${MAX_PAGE_SIZE}.`,
  })
  @IsOptional()
  // `Number` alone would read `0x2` and `1e1` as well.
  @Transform(({ value }: { value: unknown }) => (/^\d+$/.test(String(value)) ? Number(value) : value))
  @IsInt()
  @Min(1)
  page_size?: number;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** The page size to use: an oversized one is coerced, as AIP-158 advises. */
export const pageSize = (query: PageQuery): number =>
  Math.min(query.page_size ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);

/**
 * An opaque keyset cursor: the sort key of the last row, with a checksum of it and of the list's filters, since a cursor
 * used with other filters would skip rows silently (AIP-158 makes that an error), and an altered key would reach the
 * database.
 */
export function encodeCursor(key: string[], filters: object): string {
  return Buffer.from(JSON.stringify([checksum(key, filters), ...key])).toString('base64url');
}

/** @throws AppError `invalid_cursor` */
export function decodeCursor(
  cursor: string | undefined,
  length: number,
  filters: object,
): string[] | undefined {
  if (cursor === undefined) return undefined;
  const invalid = new AppError(
    'bad_request',
    'invalid_cursor',
    'The cursor is not one of this list with these filters.',
    {
      errors: [
        { field: 'cursor', message: 'cursor must be the next_cursor of a page with the same filters' },
      ],
    },
  );
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw invalid;
  }
  if (
    !Array.isArray(parts) ||
    parts.length !== length + 1 ||
    !parts.every((part) => typeof part === 'string')
  )
    throw invalid;
  const [sum, ...key] = parts;
  if (sum !== checksum(key, filters)) throw invalid;
  return key;
}

/** Cuts a page out of `size + 1` rows. */
export function toPage<R, T>(
  rows: R[],
  size: number,
  present: (row: R) => T,
  keyOf: (row: R) => string[],
  filters: object,
): Page<T> {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    data: shown.map(present),
    next_cursor: rows.length > size && last !== undefined ? encodeCursor(keyOf(last), filters) : null,
  };
}

const checksum = (key: string[], filters: object): string =>
  createHash('sha256')
    .update(JSON.stringify([key, filters]))
    .digest('base64url')
    .slice(0, 12);
