import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { OnModuleDestroy } from '@nestjs/common';
import { Readable } from 'node:stream';
import { ArtifactMissingError, ArtifactStore, ByteRange, PutOptions, StoredArtifact } from './artifact-store';
import { Measure } from './measure';

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
    let broken: unknown;
    const body = async function* (): AsyncGenerator<Buffer> {
      try {
        yield* measure.pass(source);
      } catch (error) {
        broken = error;
        throw error;
      }
    };
    const upload = new Upload({
      client: this.client,
      params: { ...this.locate(key), Body: Readable.from(body(), { objectMode: false }) },
    });
    const abort = (): void => void upload.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      signal?.throwIfAborted();
      // A multipart upload becomes visible whole at its end; one that fails is taken back by the SDK.
      await upload.done();
    } catch (error) {
      // When the source breaks, the SDK may report the parts that it gave up instead.
      throw broken ?? error;
    } finally {
      signal?.removeEventListener('abort', abort);
      source.destroy();
    }
    return { key, ...measure.result() };
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand({
          ...this.locate(key),
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      );
      return Body as Readable;
    } catch (error) {
      if (error instanceof NoSuchKey) throw new ArtifactMissingError(key);
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.locate(key)));
  }

  private locate(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix === '' ? key : `${this.prefix}/${key}` };
  }
}
