import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ArtifactMissingError,
  ArtifactStore,
  ArtifactTooLargeError,
  StoreFullError,
  StoreUnavailableError,
} from '../../src/artifacts/artifact-store';
import { FileArtifactStore, pathOfArtifact } from '../../src/artifacts/file-artifact-store';
import { S3ArtifactStore } from '../../src/artifacts/s3-artifact-store';
import { RunningProcess } from '../support/running-process';
import { S3Fault, S3Proxy } from '../support/s3-proxy';

let folder: string;
let server: RunningProcess;
let port: string | undefined;
const stores: Record<string, ArtifactStore> = {};

/** Every file below a folder, as the store laid it out. */
const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'order-reports-artifacts-'));
  server = await RunningProcess.start(process.execPath, [
    join(__dirname, 's3-server.mjs'),
    join(folder, 's3'),
  ]);
  [, port] = await server.waitForOutput(/listening on (\d+)/);
  process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
  stores['file'] = new FileArtifactStore(join(folder, 'files'));
  stores['s3'] = new S3ArtifactStore(
    `s3://reports/some/prefix?region=us-east-1&endpoint=http://127.0.0.1:${port}`,
  );
});

afterAll(async () => {
  (stores['s3'] as S3ArtifactStore).onModuleDestroy();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['file', 's3'])('the %s store', (name) => {
  const store = (): ArtifactStore => stores[name]!;

  it('gives back what it took, whole and in parts, and says what it was', async () => {
    const content = randomBytes(12_000_000);
    const stored = await store().put('job-1/1.pdf', Readable.from(slices(content)));
    expect(stored).toEqual({
      key: 'job-1/1.pdf',
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    expect((await buffer(await store().open('job-1/1.pdf'))).equals(content)).toBe(true);
    const part = await buffer(await store().open('job-1/1.pdf', { start: 5_242_878, end: 5_242_890 }));
    expect(part.equals(content.subarray(5_242_878, 5_242_891))).toBe(true);
  });

  it('keeps the files of two attempts apart', async () => {
    await store().put('job-2/1.pdf', Readable.from([Buffer.from('stale')]));
    await store().put('job-2/2.pdf', Readable.from([Buffer.from('winner')]));
    expect((await buffer(await store().open('job-2/2.pdf'))).toString()).toBe('winner');
    expect((await buffer(await store().open('job-2/1.pdf'))).toString()).toBe('stale');
  });

  it('takes an empty file', async () => {
    expect(await store().put('job-3/1.csv', Readable.from([]))).toMatchObject({ bytes: 0 });
    expect(await buffer(await store().open('job-3/1.csv'))).toHaveLength(0);
  });

  it('says that a file is missing, and deletes twice without complaint', async () => {
    await expect(store().open('job-4/1.pdf')).rejects.toBeInstanceOf(ArtifactMissingError);
    await store().put('job-4/1.pdf', Readable.from([Buffer.from('x')]));
    await store().delete('job-4/1.pdf');
    await store().delete('job-4/1.pdf');
    await expect(store().open('job-4/1.pdf')).rejects.toBeInstanceOf(ArtifactMissingError);
  });

  it.each([
    [
      'too large',
      () => ({ source: Readable.from(slices(randomBytes(8_000_000))), options: { maxBytes: 7_000_000 } }),
    ],
    ['broken off', () => ({ source: Readable.from(breaking()), options: {} })],
    [
      'aborted',
      () => ({
        source: Readable.from(slices(randomBytes(8_000_000))),
        options: { signal: AbortSignal.abort() },
      }),
    ],
  ])('keeps nothing of a transfer that is %s', async (what, given) => {
    const { source, options } = given();
    const transfer = store().put(`job-5/${what}.pdf`, source, options);
    await (what === 'too large'
      ? expect(transfer).rejects.toBeInstanceOf(ArtifactTooLargeError)
      : expect(transfer).rejects.toThrow());
    await expect(store().open(`job-5/${what}.pdf`)).rejects.toBeInstanceOf(ArtifactMissingError);
  });
});

it('leaves no part of a file behind', () => {
  expect(filesOf(join(folder, 'files')).filter((file) => file.endsWith('.part'))).toEqual([]);
});

it('deletes with a file what a process that was killed left of it, and nothing of another', async () => {
  await stores['file']!.put('job-6/2', Readable.from(slices(randomBytes(10))));
  const job = dirname(pathOfArtifact(join(folder, 'files'), 'job-6/2'));
  for (const left of ['1.some-id.part', '2.some-id.part']) await writeFile(join(job, left), 'x');
  await stores['file']!.delete('job-6/2');
  expect(filesOf(job)).toEqual(['1.some-id.part']);
  await rm(join(job, '1.some-id.part'));
  await stores['file']!.delete('job-6/2');
  expect(() => filesOf(job)).toThrow(/ENOENT/);
});

it('does not say that it deleted what it could not look for', async () => {
  const job = dirname(pathOfArtifact(join(folder, 'files'), 'job-7/1'));
  await mkdir(dirname(job), { recursive: true });
  await writeFile(job, 'no folder');
  await expect(stores['file']!.delete('job-7/1')).rejects.toBeInstanceOf(StoreUnavailableError);
});

it('spreads files over folders, and finds and deletes those of before', async () => {
  const root = join(folder, 'many');
  const many = new FileArtifactStore(root);
  for (let job = 0; job < 20; job += 1) await many.put(`job-${job}/1`, Readable.from([Buffer.from('x')]));
  expect(readdirSync(root).length).toBeGreaterThan(10);
  await mkdir(join(root, 'job-old'));
  for (const attempt of ['1', '2']) await writeFile(join(root, 'job-old', attempt), 'of before');
  expect((await buffer(await many.open('job-old/1', { start: 3, end: 8 }))).toString()).toBe('before');
  await many.delete('job-old/1');
  await expect(many.open('job-old/1')).rejects.toBeInstanceOf(ArtifactMissingError);
  await many.delete('job-old/2');
  expect(readdirSync(root)).not.toContain('job-old');
});

it('keeps its files to its own user, and closes a folder that was open', async () => {
  const modeOf = (...path: string[]): string => (statSync(join(folder, ...path)).mode & 0o777).toString(8);
  const content = (): Readable => Readable.from([Buffer.from('secret')]);
  const made = new FileArtifactStore(join(folder, 'made'));
  await made.onModuleInit();
  await made.put('job/1', content());
  const file = relative(folder, pathOfArtifact(join(folder, 'made'), 'job/1'));
  expect([modeOf('made'), modeOf(dirname(file)), modeOf(file)]).toEqual(['700', '700', '600']);

  await mkdir(join(folder, 'old/job'), { recursive: true });
  for (const name of ['old', 'old/job']) await chmod(join(folder, name), 0o755);
  const old = new FileArtifactStore(join(folder, 'old'));
  await old.onModuleInit();
  expect(modeOf('old')).toBe('700');
});

it('says beforehand when there is no room', async () => {
  await expect(stores['file']!.requireRoom(1)).resolves.toBeUndefined();
  await expect(stores['file']!.requireRoom(1e18)).rejects.toBeInstanceOf(StoreFullError);
});

it('says what it is that it met when the disk is full on the way, and leaves nothing', async () => {
  const full = new Readable({
    read() {
      this.destroy(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    },
  });
  await expect(stores['file']!.put('job-8/1', full)).rejects.toBeInstanceOf(StoreFullError);
  expect(filesOf(dirname(pathOfArtifact(join(folder, 'files'), 'job-8/1')))).toEqual([]);
});

describe('a folder that is not there', () => {
  it.each([
    ['gone', () => Promise.resolve()],
    ['an empty one, as when a disk is not mounted', () => mkdir(join(folder, 'mounted'))],
    ['a file', () => writeFile(join(folder, 'mounted'), '')],
  ])('(%s) is an outage, and no file is said to be missing or deleted', async (_what, instead) => {
    const [root, elsewhere] = [join(folder, 'mounted'), join(folder, 'unmounted')];
    const store = new FileArtifactStore(root);
    await store.put('job-9/1', Readable.from([Buffer.from('here')]));
    await rename(root, elsewhere);
    await instead();
    const attempts = [
      () => store.put('job-9/2', Readable.from([Buffer.from('x')])),
      () => store.open('job-9/1'),
      () => store.delete('job-9/1'),
      () => store.requireRoom(1),
      () => store.probe('read'),
      () => store.probe('write'),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(StoreUnavailableError);
    await rm(root, { recursive: true, force: true });
    await rename(elsewhere, root);
    await store.probe('write');
    expect((await buffer(await store.open('job-9/1'))).toString()).toBe('here');
    await rm(root, { recursive: true });
  });
});

describe('a bucket', () => {
  let proxy: S3Proxy;
  let store: S3ArtifactStore;
  const large = randomBytes(6_000_000);

  beforeAll(async () => {
    proxy = await S3Proxy.to(Number(port));
    store = new S3ArtifactStore(`s3://reports?region=us-east-1&endpoint=http://127.0.0.1:${proxy.port}`);
  });
  afterEach(() => {
    proxy.fault = undefined;
  });
  afterAll(async () => {
    store.onModuleDestroy();
    await proxy.close();
  });

  const put = (content: Buffer): Promise<unknown> => store.put('job-10/1', Readable.from(slices(content)));

  it.each<[S3Fault, Buffer]>([
    ['answers 500', Buffer.from('small')],
    ['answers 503 SlowDown', large],
    ['cuts connections', Buffer.from('small')],
    ['cuts connections', large],
    ['keeps half of an upload', Buffer.from('tiny')],
    ['keeps half of an upload', large],
    ['completes with an error in a 200', large],
    ['says that the credentials have expired', Buffer.from('small')],
  ])('that %s takes nothing, and says so', async (fault, content) => {
    proxy.fault = fault;
    await expect(put(content)).rejects.toBeInstanceOf(StoreUnavailableError);
    proxy.fault = undefined;
    await put(content);
    expect((await buffer(await store.open('job-10/1'))).equals(content)).toBe(true);
  });

  it('that cuts a download short fails its reader', async () => {
    await put(large);
    proxy.fault = 'cuts downloads short';
    const file = await store.open('job-10/1');
    await expect(buffer(file)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('that is full says so', async () => {
    proxy.fault = 'is full';
    await expect(put(Buffer.from('small'))).rejects.toBeInstanceOf(StoreFullError);
  });

  it('is asked whether it works without a right to list, and to write when that is what failed', async () => {
    const signal = AbortSignal.timeout(30_000);
    await store.probe('read', signal);
    proxy.fault = 'denies access';
    await store.probe('read', signal);
    await expect(store.probe('write', signal)).rejects.toBeInstanceOf(StoreUnavailableError);
    proxy.fault = 'says that the credentials have expired';
    await expect(store.probe('read', signal)).rejects.toBeInstanceOf(StoreUnavailableError);
    proxy.fault = undefined;
    await store.probe('write', signal);
  });
});

it('never leaves its folder', async () => {
  await expect(stores['file']!.open('../outside')).rejects.toThrow(/leads out/);
  await expect(stores['file']!.put('a/../../outside', Readable.from([]))).rejects.toThrow(/leads out/);
});

function* slices(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}

function* breaking(): Generator<Buffer> {
  yield* slices(randomBytes(6_000_000));
  throw new Error('The source broke off.');
}
