import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { OnModuleDestroy } from '@nestjs/common';
import { Readable } from 'node:stream';
import { newId } from '../common/ids';
import {
  ArtifactMissingError,
  ArtifactStore,
  ByteRange,
  PutOptions,
  StoredArtifact,
  StoreFullError,
  StoreUnavailableError,
} from './artifact-store';
import { endingWithOutage } from './ending-with-outage';
import { Measure } from './measure';

/**
 * A store that hangs ends a request, not the job: in no more than `ATTEMPTS` times these. The second is a time without any
 * progress, so that a slow store goes on for as long as it needs.
 */
const CONNECT_WITHIN_MS = 5_000;
const SILENT_FOR_MS = 30_000;
/** The SDK itself tries again what is worth it: no connection, 5xx, throttling. */
const ATTEMPTS = 3;

/**
 * Artifacts in a bucket, for processes on several machines: `s3://bucket/prefix?region=eu-central-1`, and
 * `&endpoint=https://…` for a store other than Amazon's. Credentials come from where the AWS SDK looks for them (its own
 * environment variables, a profile, the machine's role), never from the URL, which may be logged.
 */
export class S3ArtifactStore extends ArtifactStore implements OnModuleDestroy {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;

  constructor(url: string) {
    super();
    const { hostname, pathname, searchParams } = new URL(url);
    const endpoint = searchParams.get('endpoint');
    const region = searchParams.get('region');
    this.bucket = hostname;
    this.prefix = pathname.replace(/^\/+|\/+$/g, '');
    this.client = new S3Client({
      ...(region !== null && { region }),
      // Stores of one's own seldom have a host name for each bucket.
      ...(endpoint !== null && { endpoint, forcePathStyle: true }),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, socketTimeout: SILENT_FOR_MS },
      // The SDK's own additional checksums are not understood by every S3-compatible store.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  onModuleDestroy(): void {
    this.client.destroy();
  }

  /** A bucket has always room. */
  requireRoom(): Promise<void> {
    return Promise.resolve();
  }

  async put(key: string, source: Readable, { maxBytes, signal }: PutOptions = {}): Promise<StoredArtifact> {
    const measure = new Measure(maxBytes);
    const upload = new Upload({
      client: this.client,
      params: { ...this.locate(key), Body: Readable.from(measure.pass(source), { objectMode: false }) },
    });
    const abort = (): void => void upload.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      signal?.throwIfAborted();
      // A multipart upload becomes visible whole at its end; one that fails is taken back by the SDK.
      await upload.done();
      await this.requireWhole(key, measure.bytes);
    } catch (error) {
      // When the source breaks, the SDK may report the parts that it gave up instead.
      if (measure.sourceFailure !== undefined) throw measure.sourceFailure.error;
      signal?.throwIfAborted();
      throw asOutage(error);
    } finally {
      signal?.removeEventListener('abort', abort);
      source.destroy();
    }
    return { key, ...measure.result() };
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    try {
      const { Body, ContentLength } = await this.client.send(
        new GetObjectCommand({
          ...this.locate(key),
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      );
      return endingWithOutage(Body as Readable, asOutage, ContentLength);
    } catch (error) {
      if (error instanceof NoSuchKey) throw new ArtifactMissingError(key);
      throw asOutage(error);
    }
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.locate(key))).catch((error: unknown) => {
      throw asOutage(error);
    });
  }

  async probe(access: 'read' | 'write', signal: AbortSignal): Promise<void> {
    const key = `probe/${newId()}`;
    if (access === 'write') {
      await this.put(key, Readable.from([Buffer.from('probe')]), { signal });
      await this.delete(key);
      return;
    }
    try {
      // No more rights than reports need: whoever may not list gets 403 for what is not there, and still has an answer.
      const { Body } = await this.client.send(new GetObjectCommand(this.locate(key)), {
        abortSignal: signal,
      });
      (Body as Readable).destroy();
    } catch (error) {
      const isAnswer = error instanceof NoSuchKey || nameOf(error) === 'AccessDenied';
      if (!isAnswer) throw asOutage(error);
    }
  }

  /** Some stores say 200 to what they have cut short. */
  private async requireWhole(key: string, bytes: number): Promise<void> {
    const { ContentLength } = await this.client.send(new HeadObjectCommand(this.locate(key)));
    if (ContentLength === bytes) return;
    await this.delete(key).catch(() => undefined);
    throw new Error(`The store has ${ContentLength} bytes of ${bytes}.`);
  }

  private locate(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix === '' ? key : `${this.prefix}/${key}` };
  }
}

const nameOf = (error: unknown): string | undefined => (error instanceof Error ? error.name : undefined);

/** What is left when it is not the source's and not the caller's doing is the store's, its operator's included. */
function asOutage(error: unknown): StoreFullError | StoreUnavailableError {
  const isFull =
    error instanceof S3ServiceException &&
    (error.$metadata.httpStatusCode === 507 || /StorageFull|QuotaExceeded/.test(error.name));
  return isFull ? new StoreFullError({ cause: error }) : new StoreUnavailableError({ cause: error });
}
