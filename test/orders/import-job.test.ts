import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { ArtifactStore } from '../../src/artifacts/artifact-store';
import { ClientStorageService } from '../../src/artifacts/client-storage.service';
import { newId } from '../../src/common/ids';
import { AppConfig } from '../../src/config/app-config';
import { OrderUploadsService } from '../../src/orders/import/order-uploads.service';
import { DEMO_KEY } from '../support/test-config';
import { waitFor } from '../support/services';
import { OrdersApi, OTHER_KEY } from './orders-api';

const MEGABYTE = 1024 * 1024;
const QUOTA_MB = 16;
const HEADER = 'order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price';
const fileOf = (prefix: string, orders: number): string =>
  [
    HEADER,
    ...Array.from({ length: orders }, (_, i) => `${prefix}-${i},2026-01-01,paid,EUR,Eve,S-1,Thing,1,2.50`),
  ].join('\n');

describe('importing a file in the background', () => {
  let api: OrdersApi;
  beforeAll(async () => {
    api = await OrdersApi.start({ SAMPLE_DATA: 'false', CLIENT_STORAGE_MB: String(QUOTA_MB) });
  });
  afterAll(() => api.stop());

  const countOf = async (prefix: string): Promise<number> => {
    const [row] = await api.database.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM orders WHERE starts_with(number, $1)',
      [prefix],
    );
    return row!.count;
  };
  const waitsForLock = async (): Promise<boolean> => {
    const rows = await api.database.query<unknown[]>(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO orders%' AND datname = current_database()`,
    );
    return rows.length > 0;
  };
  const uploads = (): string[] => {
    const folder = join(api.app.get(AppConfig).dataDir, 'artifacts');
    if (!existsSync(folder)) return [];
    // Each has a folder of its own below those that they are spread over.
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && dirname(entry.parentPath) !== dirname(folder))
      .map(({ parentPath }) => basename(parentPath));
  };
  const pathOfUpload = (jobId: string): string => {
    const entries = readdirSync(join(api.app.get(AppConfig).dataDir, 'artifacts'), {
      withFileTypes: true,
      recursive: true,
    });
    const { parentPath, name } = entries.find(
      (entry) => entry.isFile() && basename(entry.parentPath) === jobId,
    )!;
    return join(parentPath, name);
  };
  /** A file is deleted a moment after its import has ended. */
  const uploadsAreGone = (): Promise<unknown> =>
    waitFor(() => uploads().length === 0, { what: 'the imported files to be deleted' });

  it('answers 202, imports all, and returns the counts', async () => {
    const accepted = await api.importCsv(fileOf('OK', 2_500));
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(accepted.headers.get('location')).toBe(`/v1/orders/imports/${accepted.body.id}`);
    const done = await api.imported(accepted.body.id);
    expect(done).toMatchObject({
      type: 'orders.import',
      status: 'COMPLETED',
      result: {
        created: 2_500,
        updated: 0,
        unchanged: 0,
        skipped: 0,
        orders: 2_500,
        lines: 2_500,
        ignored_columns: [],
        detected: {
          format: 'delimited',
          encoding: 'utf-8',
          byte_order_mark: false,
          compression: null,
          delimiter: ',',
          decimal_mark: '.',
          date_form: 'YYYY-MM-DD',
        },
        dry_run: false,
      },
      row_error_count: 0,
      row_errors: [],
    });
    expect(done.steps.map((step: { name: string }) => step.name)).toEqual(['read', 'check', 'store']);
    expect(await countOf('OK')).toBe(2_500);
    await uploadsAreGone();
    expect((await api.call('GET', `/v1/orders/imports/${accepted.body.id}`, { key: OTHER_KEY })).status).toBe(
      404,
    );
    const events = await api.database.query<{ type: string }[]>(
      'SELECT type FROM job_event WHERE job_id = $1 AND terminal',
      [accepted.body.id],
    );
    expect(events).toEqual([{ type: 'orders.import.completed' }]);
  });

  it('lists the errors of a bad file by row, and imports nothing of it', async () => {
    const file = `${fileOf('BAD', 10)}\nBAD-X,2026-02-30,paid,EUR,Eve,S-1,Thing,none,2.50\nOK-1,2026-01-01,paid,EUR,Eve,S-1,Thing,1,1`;
    const failed = await api.imported((await api.importCsv(file)).body.id);
    expect(failed).toMatchObject({
      status: 'FAILED',
      error: { code: 'invalid_csv', retryable: false, step: 'check' },
      row_error_count: 3,
      row_errors: [
        { row: 12, field: 'ordered_at', value: '2026-02-30' },
        { row: 12, field: 'quantity', value: 'none' },
        { row: 13, field: 'order_number', message: 'order OK-1 exists already', value: 'OK-1' },
      ],
    });
    expect(await countOf('BAD')).toBe(0);
    await uploadsAreGone();
  });

  it('gives the same job for the same key and file, and 422 for another file', async () => {
    const headers = { 'idempotency-key': '"once"' };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.importCsv(fileOf('ONCE', 3), { headers })),
    );
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(await api.imported(answers[0]!.body.id)).toMatchObject({
      status: 'COMPLETED',
      result: { orders: 3 },
    });
    const other = await api.importCsv(fileOf('OTHER', 3), { headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    await uploadsAreGone();
  });

  it('takes the currency of the query where the file has none', async () => {
    const file =
      'order_number,ordered_at,customer_name,sku,description,quantity,line_total\nJP-1,2026-01-01,Ken,S,Thing,2,500';
    const { body } = await api.importCsv(file, { query: '?currency=JPY' });
    await api.imported(body.id);
    const [order] = (await api.call('GET', '/v1/orders?customer=Ken')).body.data;
    expect(order).toMatchObject({ currency: 'JPY', total: '500', status: 'pending' });
  });

  it('refuses what is no CSV of ours before it reads it', async () => {
    const json = await api.call('POST', '/v1/orders/imports', { body: {} });
    expect(json).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    const latin = await api.importCsv('a', { headers: { 'content-type': 'text/csv; charset=iso-8859-1' } });
    expect(latin.status).toBe(415);
    const zipped = await api.importCsv('a', { headers: { 'content-encoding': 'br' } });
    expect(zipped).toMatchObject({ status: 415, body: { code: 'unsupported_encoding' } });
    expect(await api.importCsv('', {})).toMatchObject({ status: 422, body: { code: 'empty_file' } });
    expect((await api.importCsv('a', { query: '?currency=XYZ' })).status).toBe(400);
    await uploadsAreGone();
  });

  /** An upload of which only the first row is sent. */
  const beginUpload = (to: OrdersApi, contentLength: number): ClientRequest => {
    const call = request({
      port: to.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/v1/orders/imports',
      headers: {
        authorization: `Bearer ${DEMO_KEY}`,
        'content-type': 'text/csv',
        'content-length': String(contentLength),
      },
    });
    call.write(HEADER);
    return call;
  };

  /** What is answered to a file of a length of which only the first row is sent. */
  const answerTo = async (
    contentLength: number,
    to = api,
  ): Promise<{ status: number | undefined; code: string }> => {
    const call = beginUpload(to, contentLength);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const { code } = (await json(response)) as { code: string };
    call.destroy();
    return { status: response.statusCode, code };
  };

  it('refuses a file that says it is too large at once', async () => {
    expect(await answerTo(2 ** 40)).toEqual({ status: 413, code: 'body_too_large' });
  });

  describe('storage', () => {
    const used = async (by = api): Promise<number> => {
      const [row] = await by.database.query<{ bytes: string }[]>(
        'SELECT coalesce(sum(bytes), 0) AS bytes FROM client_storage',
      );
      return Number(row!.bytes);
    };
    const isGivenBack = (): Promise<unknown> =>
      waitFor(async () => (await used()) === 0, { what: 'the room to be given back' });
    const demoClient = async (): Promise<string> => {
      const [client] = await api.database.query<{ id: string }[]>(
        `SELECT client_id AS id FROM api_key WHERE name = 'DEMO_API_KEY'`,
      );
      return client!.id;
    };

    it('is refused at once to a file that says it is larger than what is left', async () => {
      expect(await answerTo(QUOTA_MB * MEGABYTE + 1)).toEqual({
        status: 429,
        code: 'storage_quota_exceeded',
      });
      expect(await used()).toBe(0);
    });

    it('ends a file of no said length where nothing is left, and keeps nothing of it', async () => {
      const blank = Buffer.alloc(MEGABYTE, '\n');
      const endless = new ReadableStream({ pull: (controller) => controller.enqueue(blank) });
      const response = await fetch(`http://127.0.0.1:${api.port}/v1/orders/imports`, {
        method: 'POST',
        headers: { authorization: `Bearer ${DEMO_KEY}`, 'content-type': 'text/csv' },
        body: endless,
        duplex: 'half',
      });
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await response.json()).toMatchObject({
        code: 'storage_quota_exceeded',
        used_bytes: QUOTA_MB * MEGABYTE,
        max_bytes: QUOTA_MB * MEGABYTE,
      });
      await uploadsAreGone();
      await isGivenBack();
    });

    it('is never given beyond the quota, however many ask at once, and refused to reports when it is full', async () => {
      const storage = api.app.get(ClientStorageService, { strict: false });
      const clientId = await demoClient();
      const keys = Array.from({ length: 100 }, () => newId());
      const taken = await Promise.allSettled(
        keys.map((key) => storage.take(key, clientId, MEGABYTE, newId())),
      );
      expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(QUOTA_MB);
      expect(await used()).toBe(QUOTA_MB * MEGABYTE);
      const body = { start_date: '2026-01-01', end_date: '2026-02-01' };
      const report = await api.call('POST', '/v1/orders/reports', { body });
      expect(report).toMatchObject({ status: 429, body: { code: 'storage_quota_exceeded' } });
      await storage.giveBack(keys);
      await isGivenBack();
    });

    it('is given back when the connection is cut during the upload', async () => {
      const call = beginUpload(api, MEGABYTE);
      call.on('error', () => undefined);
      await waitFor(async () => (await used()) === MEGABYTE, { what: 'the room to be taken' });
      await waitFor(() => uploads().length === 1, { what: 'the file to be begun' });
      call.destroy();
      await isGivenBack();
      await uploadsAreGone();
    });

    it('is given back by a sweep for what a process left that died before there was a job', async () => {
      const sweeper = api.app.get(OrderUploadsService, { strict: false });
      const [clientId, jobId] = [await demoClient(), newId()];
      const file = Readable.from([Buffer.from(fileOf('LEFT', 100))]);
      const { bytes } = await sweeper.store(file, { clientId, jobId, declaredBytes: undefined });
      // Another request may still be about to submit it.
      await sweeper.sweep();
      expect([uploads(), await used()]).toEqual([[jobId], bytes]);
      await api.database.query(
        `UPDATE client_file SET noted_at = now() - interval '3 hours' WHERE upload_of = $1`,
        [jobId],
      );
      await sweeper.sweep();
      expect([uploads(), await used()]).toEqual([[], 0]);
    });

    it('is given back for all others when one file cannot be deleted, which is tried again', async () => {
      const sweeper = api.app.get(OrderUploadsService, { strict: false });
      const clientId = await demoClient();
      const jobIds = Array.from({ length: 3 }, () => newId());
      for (const jobId of jobIds) {
        const file = Readable.from([Buffer.from(fileOf('STUCK', 1))]);
        await sweeper.store(file, { clientId, jobId, declaredBytes: undefined });
      }
      const [stuck] = jobIds;
      const path = pathOfUpload(stuck!);
      // A folder in the place of the file: it cannot be deleted as one.
      rmSync(path);
      mkdirSync(path);
      await api.database.query(
        `UPDATE client_file SET noted_at = now() - interval '3 hours' - place * interval '1 minute'
         FROM unnest($1::uuid[]) WITH ORDINALITY AS u(id, place) WHERE upload_of = u.id`,
        [jobIds.toReversed()],
      );
      await expect(sweeper.sweep()).rejects.toThrow(
        `1 upload(s) could not be deleted, the first of them ${stuck}`,
      );
      const left = await api.database.query('SELECT upload_of FROM client_file WHERE upload_of IS NOT NULL');
      expect(left).toEqual([{ upload_of: stuck }]);
      rmdirSync(path);
      await sweeper.sweep();
      expect([uploads(), await used()]).toEqual([[], 0]);
    });

    it('is not asked for by who has no job left: the refusal comes before the file', async () => {
      const busy = await OrdersApi.start({ ROLE: 'api', SAMPLE_DATA: 'false', MAX_JOBS_IN_FLIGHT: '1' });
      try {
        const file = fileOf('ONLY', 3);
        expect((await busy.importCsv(file)).status).toBe(202);
        expect(await answerTo(MEGABYTE, busy)).toEqual({ status: 429, code: 'too_many_jobs' });
        expect(await used(busy)).toBe(file.length);
        // That of a job that waits is nobody's to sweep.
        await busy.app.get(OrderUploadsService, { strict: false }).sweep();
        expect(await used(busy)).toBe(file.length);
      } finally {
        await busy.stop();
      }
    });

    it('is given back when an import is cancelled while its file is read, which ends between two rows', async () => {
      let reading = 'not begun';
      const endless = (function* () {
        try {
          reading = 'begun';
          yield Buffer.from(HEADER);
          for (;;) yield Buffer.alloc(MEGABYTE, '\n');
        } finally {
          reading = 'stopped';
        }
      })();
      const opened = jest
        .spyOn(api.app.get(ArtifactStore, { strict: false }), 'open')
        .mockResolvedValueOnce(Readable.from(endless));
      try {
        const { body } = await api.importCsv(fileOf('ENDLESS', 3));
        await waitFor(() => reading === 'begun', { what: 'the file to be read' });
        expect(await used()).toBeGreaterThan(0);
        expect((await api.call('DELETE', `/v1/jobs/${body.id}`)).status).toBe(202);
        expect(await api.imported(body.id)).toMatchObject({
          status: 'CANCELLED',
          steps: [{ name: 'read' }, { status: 'PENDING' }, { status: 'PENDING' }],
        });
        await waitFor(() => reading === 'stopped', { what: 'the reading to stop' });
      } finally {
        opened.mockRestore();
      }
      await api.app.get(OrderUploadsService, { strict: false }).sweep();
      expect([uploads(), await used(), await countOf('ENDLESS')]).toEqual([[], 0, 0]);
    });
  });

  it('imports nothing when it is cancelled, and ends at once', async () => {
    // Whoever holds this lock keeps the import in its last step.
    const blocker = api.database.createQueryRunner();
    await blocker.startTransaction();
    await blocker.query('LOCK TABLE orders IN SHARE MODE');
    try {
      const { body } = await api.importCsv(fileOf('CANCEL', 100));
      await waitFor(waitsForLock, { what: 'the import to wait for the lock' });
      expect((await api.call('DELETE', `/v1/jobs/${body.id}`)).status).toBe(202);
      expect(await api.imported(body.id)).toMatchObject({ status: 'CANCELLED' });
      // Its statement was broken off and not left behind: the lock is still held.
      await waitFor(async () => !(await waitsForLock()), { what: 'the statement to end' });
    } finally {
      await blocker.rollbackTransaction();
      await blocker.release();
    }
    expect(await countOf('CANCEL')).toBe(0);
    await api.app.get(OrderUploadsService, { strict: false }).sweep();
    await uploadsAreGone();
    // The connection that was cancelled works on.
    const again = await api.imported((await api.importCsv(fileOf('AGAIN', 3))).body.id);
    expect(again).toMatchObject({ status: 'COMPLETED', result: { orders: 3 } });
  });

  it('imports nothing in an attempt that was given to another worker meanwhile', async () => {
    const blocker = api.database.createQueryRunner();
    await blocker.startTransaction();
    await blocker.query('LOCK TABLE orders IN SHARE MODE');
    let id: string;
    try {
      id = (await api.importCsv(fileOf('STALE', 50))).body.id;
      await waitFor(
        async () =>
          (await api.call('GET', `/v1/orders/imports/${id}`)).body.steps[2].status === 'IN_PROGRESS',
        { what: 'the import to store' },
      );
      // What the repairs do to a worker that hung.
      await api.database.query(
        `UPDATE job SET state = 'PENDING', lease_owner = NULL, lease_until = NULL, run_at = now() + interval '2 s' WHERE id = $1`,
        [id],
      );
    } finally {
      await blocker.rollbackTransaction();
      await blocker.release();
    }
    const done = await api.imported(id);
    expect(done).toMatchObject({ status: 'COMPLETED', attempt: 2, result: { orders: 50 } });
    expect(await countOf('STALE')).toBe(50);
  });
});
