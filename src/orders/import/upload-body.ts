import busboy from 'busboy';
import type { Request } from 'express';
import { extname } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../common/app-error';
import { ORDER_LIMITS } from '../order-limits';
import type { ImportSettings } from './import-settings';
import { fileTooLarge } from './order-uploads.service';

export const DELIMITED_MEDIA_TYPES = ['text/csv', 'application/vnd.ms-excel', 'text/tab-separated-values'];
export const NDJSON_MEDIA_TYPE = 'application/x-ndjson';
export const FORM_MEDIA_TYPE = 'multipart/form-data';
/** What an import is sent as. */
export const IMPORT_MEDIA_TYPES = [...DELIMITED_MEDIA_TYPES, NDJSON_MEDIA_TYPE, FORM_MEDIA_TYPE];

/** What a part of a form may be called that is NDJSON: browsers know no media type for it. */
const NDJSON_EXTENSIONS = ['.ndjson', '.jsonl'];
/** The part of the form that is the file. */
export const FORM_PART = 'file';
/** `null`: which of the two the file says itself. */
const CHARSETS = new Map<string, ImportSettings['charset']>([
  ['utf-8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['utf-16', null],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
]);
/** What a form may have beside its file. */
const FORM_BYTES = 64 * 1024;

/** The file of a request, and what the request says of it. */
export interface Upload {
  /** To be read to its end, or destroyed. */
  file: Readable;
  format: ImportSettings['format'];
  gzipped: boolean;
  charset: ImportSettings['charset'];
  /** How long it is at most, where the request says so. */
  declaredBytes: number | undefined;
}

/**
 * Finds the file in a request: it is the body, or the first part of that name of a form.
 *
 * @throws AppError `unsupported_media_type`, `unsupported_encoding` (415), `body_too_large` (413), `invalid_request` (422) for
 *   a form without the part, `invalid_multipart` (400)
 */
export async function uploadOf(request: Request): Promise<Upload> {
  const type = request.is(IMPORT_MEDIA_TYPES);
  const charset = charsetOf(request.get('content-type') ?? '');
  if (typeof type !== 'string' || charset === undefined) {
    throw new AppError(
      'unsupported_media_type',
      'unsupported_media_type',
      `Send the file as one of ${IMPORT_MEDIA_TYPES.join(', ')}, in UTF-8 or UTF-16.`,
    );
  }
  const gzipped = isGzipped(request);
  const length = request.get('content-length');
  const declaredBytes = length === undefined ? undefined : Number(length);
  if ((declaredBytes ?? 0) > ORDER_LIMITS.importBytes) throw fileTooLarge();
  const body = bodyOf(request);
  if (type === FORM_MEDIA_TYPE)
    return { ...(await partOf(request, bounded(gzipped ? unpacked(body) : body))), declaredBytes };
  return {
    file: body,
    format: type === NDJSON_MEDIA_TYPE ? 'ndjson' : 'delimited',
    gzipped,
    charset,
    declaredBytes,
  };
}

function isGzipped(request: Request): boolean {
  const encoding = (request.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  if (encoding === 'identity') return false;
  throw new AppError(
    'unsupported_media_type',
    'unsupported_encoding',
    'Send the file uncompressed, or compressed by gzip.',
  );
}

/** @returns `undefined` for one that is not read */
function charsetOf(contentType: string): ImportSettings['charset'] | undefined {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1];
  return charset === undefined ? null : CHARSETS.get(charset.toLowerCase());
}

/** The body as a stream of its own: the request must outlive its refusal, to be answered. */
const bodyOf = (request: Request): Readable => Readable.from(request.iterator({ destroyOnReturn: false }));

/** The first part of the form that is the file, while its bytes come. Parts after it are not read. */
function partOf(
  request: Request,
  body: AsyncIterable<Buffer>,
): Promise<Pick<Upload, 'file' | 'format' | 'gzipped' | 'charset'>> {
  return new Promise((resolve, reject) => {
    // Whoever reads it hears of its errors; before that nobody does, and after that nobody has to.
    const file = new PassThrough().on('error', () => undefined);
    let isFound = false;
    const fail = (error: unknown): void => {
      const refusal = refusalOf(error);
      if (isFound) file.destroy(refusal);
      else reject(refusal);
    };
    const form = begin(request, fail);
    if (form === undefined) return;
    form.on('file', (name, part, { filename, mimeType }) => {
      if (isFound || name !== FORM_PART) {
        part.resume();
        return;
      }
      isFound = true;
      const isNdjson =
        mimeType === NDJSON_MEDIA_TYPE ||
        NDJSON_EXTENSIONS.includes(extname((filename ?? '').toLowerCase().replace(/\.gz$/, '')));
      part.on('error', fail).pipe(file);
      resolve({ file, format: isNdjson ? 'ndjson' : 'delimited', gzipped: false, charset: null });
    });
    pipeline(body, form)
      .then(() => {
        if (!isFound) reject(noPart());
      })
      .catch(fail);
  });
}

function begin(request: Request, fail: (error: unknown) => void): busboy.Busboy | undefined {
  try {
    return busboy({
      headers: { 'content-type': request.get('content-type') },
      limits: { files: 10, fields: 100, fieldSize: 10_000, parts: 110 },
    });
  } catch (error) {
    fail(error);
    return undefined;
  }
}

/** A form that is compressed as a whole. */
async function* unpacked(body: Readable): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // Whoever reads the one hears of what happens to the other.
  pipeline(body, gunzip).catch(() => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_') !== true) throw error;
    throw new AppError('unprocessable', 'invalid_file', 'The body is not whole or not gzip.');
  }
}

/** A form with all its parts, those too that nobody reads. */
async function* bounded(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ORDER_LIMITS.importBytes + FORM_BYTES) throw fileTooLarge();
    yield chunk;
  }
}

function refusalOf(error: unknown): Error {
  const isOurs = error instanceof AppError;
  const isBrokenOff = error instanceof Error && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
  return isOurs || isBrokenOff ? error : badForm(error);
}

const noPart = (): AppError =>
  new AppError('unprocessable', 'invalid_request', 'The request is not valid.', {
    errors: [{ field: FORM_PART, message: `${FORM_PART} is missing: the form has no file of this name` }],
  });

const badForm = (error: unknown): AppError =>
  new AppError(
    'bad_request',
    'invalid_multipart',
    `The form cannot be read: ${error instanceof Error ? error.message : 'it is broken'}.`,
  );
