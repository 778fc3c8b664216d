import type { paths } from './api-types.ts';
import type { Api } from './api.ts';
import type { SentBody } from './http-client.ts';
import { idempotencyKeyHeader, newIdempotencyKey } from './idempotency-key.ts';
import { JobHandle } from './job-handle.ts';
import type { SubmitOptions } from './reports.ts';
import type { Job, OrderImport } from './types.ts';

type Operation = paths['/v1/orders/imports']['post'];
type ImportQuery = NonNullable<Operation['parameters']['query']>;

const MEDIA_TYPES: readonly string[] = [
  'text/csv',
  'application/vnd.ms-excel',
  'text/tab-separated-values',
  'application/x-ndjson',
  'multipart/form-data',
] satisfies (keyof Operation['requestBody']['content'])[];

export interface ImportOptions extends SubmitOptions, Omit<ImportQuery, 'column_map' | 'metadata'> {
  /** By a heading of the file, the column of ours that it is, or `null` for one that is not to be read. */
  column_map?: Record<string, string | null>;
  /** Names and texts of your own, to know the import by. */
  metadata?: Record<string, string>;
  /** Of the file. Without it: that of the `Blob` where it is one of an import; else by the name of the `File`, or `text/csv`. */
  mediaType?: string;
}

/** An import that was accepted. Its `done()` throws when anything in the file is wrong; `result()` then says what. */
export class Import extends JobHandle {
  /** What became of it, with the errors of its file by row. */
  result(): Promise<OrderImport> {
    return this.api.call('get', '/v1/orders/imports/{id}', { path: { id: this.id } });
  }
}

export class Imports {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  /** Sends a file of orders. A `Blob` is not read into memory: `openAsBlob(path)` of Node is one. */
  async create(
    file: SentBody,
    {
      mediaType,
      column_map,
      metadata,
      idempotencyKey = newIdempotencyKey(),
      signal,
      ...query
    }: ImportOptions = {},
  ): Promise<Import> {
    const type = mediaType ?? (file instanceof Blob ? mediaTypeOf(file) : 'text/csv');
    const { value } = await this.api.http.json<Job>({
      method: 'POST',
      path: '/v1/orders/imports',
      query: {
        ...query,
        ...(column_map && { column_map: JSON.stringify(column_map) }),
        ...(metadata && { metadata: JSON.stringify(metadata) }),
      },
      body: file,
      headers: { 'Content-Type': type, ...idempotencyKeyHeader(idempotencyKey) },
      signal,
    });
    return new Import(this.api, value.id, value);
  }

  /** An import that was accepted before. */
  get(id: string): Import {
    return new Import(this.api, id);
  }
}

/** Browsers have `text/plain` for orders.txt, and that of the compression for orders.csv.gz: these are not read. */
function mediaTypeOf(file: Blob): string {
  const [type = ''] = file.type.split(';');
  if (MEDIA_TYPES.includes(type.trim())) return file.type;
  return mediaTypeOfName('name' in file ? String(file.name) : '');
}

/** What is compressed is unpacked by the service, which sees it by the first bytes. */
export const mediaTypeOfName = (name: string): string =>
  /\.(?:ndjson|jsonl)(?:\.gz)?$/i.test(name) ? 'application/x-ndjson' : 'text/csv';
