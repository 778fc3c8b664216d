import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRoot } from '../../src/embedded/service-user';
import { ArtifactStore } from '../../src/artifacts/artifact-store';
import { pathOfArtifact } from '../../src/artifacts/file-artifact-store';
import { ReportFormat } from '../../src/report-requests/formats/report-format';
import { reportKey } from '../../src/report-requests/orders-report.job';
import { ReportFilesService } from '../../src/report-requests/report-files.service';
import { Readable } from 'node:stream';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';

const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01' };

let app: TestApp;
let owner: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start();
  owner = await app.client('Downloader');
});

afterAll(() => app.stop());

async function report(): Promise<{ id: string; href: string }> {
  const { body } = await app.call('POST', '/v1/orders/reports', { key: owner.key, body: PERIOD });
  const href = `/v1/orders/reports/${body.id}`;
  expect((await app.polled(`/v1/orders/reports/status/${body.id}`, { key: owner.key })).status).toBe(303);
  return { id: body.id, href };
}

const pathOf = (url: string): string => new URL(url).pathname + new URL(url).search;
const fileOf = (id: string, attempt = 1): string =>
  pathOfArtifact(fileURLToPath(app.config.storageUrl), reportKey(id, attempt, ReportFormat.Pdf));

/** Only root can become somebody else. */
const asRoot = isRoot() ? it : it.skip;

describe('a download', () => {
  asRoot('is no file that another user of the machine can read', async () => {
    const { id } = await report();
    const nobody = { uid: 65_534, gid: 65_534, cwd: '/' };
    const canRead = (path: string): boolean => spawnSync('cat', [path], nobody).status === 0;
    // As a real data directory and the folders above it are, which others can pass through.
    const inDataDir = join(app.config.dataDir, 'readable');
    for (const folder of [dirname(app.config.dataDir), app.config.dataDir]) chmodSync(folder, 0o711);
    writeFileSync(inDataDir, 'x');
    expect(existsSync(fileOf(id))).toBe(true);
    expect([canRead(inDataDir), canRead(fileOf(id))]).toEqual([true, false]);
  });

  it('answers HEAD with the headers alone, and ignores its range', async () => {
    const { href } = await report();
    const whole = await app.call('GET', href, { key: owner.key });
    const head = await app.call('HEAD', href, { key: owner.key, headers: { Range: 'bytes=0-9' } });
    expect(head).toMatchObject({ status: 200, body: undefined });
    for (const name of ['etag', 'repr-digest', 'content-length', 'content-type', 'accept-ranges'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
  });

  it('answers 304 to its ETag, also in a list, weak, as *, and when the caller forbids caches', async () => {
    const { href } = await report();
    const etag = (await app.call('HEAD', href, { key: owner.key })).headers.get('etag')!;
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const headers = { 'If-None-Match': value, 'Cache-Control': 'no-cache' };
      expect((await app.call('GET', href, { key: owner.key, headers })).status).toBe(304);
    }
    const other = { 'If-None-Match': '"other"' };
    expect((await app.call('GET', href, { key: owner.key, headers: other })).status).toBe(200);
  });

  it('resumes by ranges, and gives the whole when the file is another by now', async () => {
    const { href } = await report();
    const whole = await app.call('GET', href, { key: owner.key });
    const etag = whole.headers.get('etag')!;
    const part = await app.call('GET', href, {
      key: owner.key,
      headers: { Range: 'bytes=100-', 'If-Range': etag },
    });
    expect(part.status).toBe(206);
    expect(part.body.equals(whole.body.subarray(100))).toBe(true);
    expect(part.headers.get('repr-digest')).toBe(whole.headers.get('repr-digest'));
    const headers = { Range: 'bytes=100-', 'If-Range': '"other"' };
    expect((await app.call('GET', href, { key: owner.key, headers })).status).toBe(200);
  });

  it.each([
    ['bytes=5-2', 200],
    ['bytes=-999999999', 206],
    ['bytes=999999999-', 416],
    ['pages=1-2', 200],
    // Of more than 200 characters.
    [`bytes=${'0'.repeat(200)}-9`, 200],
  ])('answers the range %s with %i', async (Range, status) => {
    const { href } = await report();
    expect((await app.call('GET', href, { key: owner.key, headers: { Range } })).status).toBe(status);
  });
});

describe('a signed link', () => {
  it('opens the report in a browser, without a key, for a few minutes', async () => {
    const { href } = await report();
    const link = await app.call('GET', `${href}/link`, { key: owner.key });
    expect(link.status).toBe(200);
    expect(link.headers.get('cache-control')).toBe('no-store');
    const seconds = (Date.parse(link.body.expires_at) - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(250);
    expect(seconds).toBeLessThanOrEqual(300);
    const whole = await app.call('GET', href, { key: owner.key });
    const opened = await app.call('GET', pathOf(link.body.url), { key: null });
    expect(opened.status).toBe(200);
    expect(opened.body.equals(whole.body)).toBe(true);
    expect(opened.headers.get('etag')).toBe(`"${link.body.sha256}"`);
    expect(opened.headers.get('content-disposition')).toMatch(/^inline; /);
    const part = await app.call('GET', pathOf(link.body.url), {
      key: null,
      headers: { Range: 'bytes=0-99' },
    });
    expect(part.status).toBe(206);
  });

  it('works in another process of the service', async () => {
    const other = await TestApp.start({ ROLE: 'api' }, app);
    try {
      const { href } = await report();
      const { body } = await app.call('GET', `${href}/link`, { key: owner.key });
      expect((await other.call('GET', pathOf(body.url), { key: null })).status).toBe(200);
    } finally {
      await other.stop();
    }
  });

  it('opens nothing when anything of it is changed', async () => {
    const [{ href }, other] = [await report(), await report()];
    const { body } = await app.call('GET', `${href}/link`, { key: owner.key });
    const url = new URL(body.url);
    const expires = Number(url.searchParams.get('expires'));
    const signature = url.searchParams.get('signature')!;
    const changed = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    for (const address of [
      `${href}/file?expires=${expires + 1}&signature=${signature}`,
      `${href}/file?expires=${expires}&signature=${changed}`,
      // In which formats a report was made is nobody's business either.
      `${href}/file?format=ndjson&expires=${expires}&signature=${signature}`,
      `${other.href}/file?expires=${expires}&signature=${signature}`,
      `/v1/orders/reports/01900000-0000-7000-8000-000000000000/file?expires=${expires}&signature=${signature}`,
    ]) {
      expect(await app.call('GET', address, { key: null })).toMatchObject({
        status: 403,
        body: { code: 'invalid_signature' },
      });
    }
    expect((await app.call('GET', `${href}/file`, { key: null })).status).toBe(400);
    expect((await app.call('GET', `${href}/file?expires=${expires}&signature=x`, { key: null })).status).toBe(
      400,
    );
  });

  it('is bound to the bytes: another file under the same job is not opened', async () => {
    const { id, href } = await report();
    const { body } = await app.call('GET', `${href}/link`, { key: owner.key });
    await app.dataSource.query(
      `UPDATE job SET result = jsonb_set(result, '{artifacts,0,sha256}', to_jsonb(repeat('0', 64))) WHERE id = $1`,
      [id],
    );
    expect((await app.call('GET', pathOf(body.url), { key: null })).status).toBe(403);
  });

  it('is not given to another client, nor for a report that is not there', async () => {
    const { href } = await report();
    const other = await app.client('Link thief');
    expect((await app.call('GET', `${href}/link`, { key: other.key })).status).toBe(404);
    expect((await app.call('GET', `${href}/link`, { key: null })).status).toBe(401);
  });

  it('ends with its time', async () => {
    const { href } = await report();
    const { body } = await app.call('GET', `${href}/link`, { key: owner.key });
    const realNow = Date.now;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 301_000);
    try {
      expect(await app.call('GET', pathOf(body.url), { key: null })).toMatchObject({
        status: 410,
        body: { code: 'link_expired' },
      });
    } finally {
      clock.mockRestore();
    }
  });
});

describe('retention', () => {
  /** The application sweeps by itself as well: one of the two deletes a file. */
  const isDeleted = (path: string): Promise<unknown> =>
    waitFor(() => !existsSync(path), { what: `${path} to be deleted` });
  const isDue = (id: string): Promise<unknown> =>
    app.dataSource.query('UPDATE report_file SET due_at = now() WHERE job_id = $1', [id]);
  const expire = (id: string): Promise<unknown> =>
    app.dataSource.query(`UPDATE job SET expires_at = now() - interval '1 s' WHERE id = $1`, [id]);

  it('deletes the file; the download and every link are 410, the job stays', async () => {
    const { id, href } = await report();
    const { body } = await app.call('GET', `${href}/link`, { key: owner.key });
    expect(existsSync(fileOf(id))).toBe(true);
    await expire(id);
    await isDue(id);
    await app.app.get(ReportFilesService, { strict: false }).sweep();
    await isDeleted(fileOf(id));
    for (const [address, key] of [
      [href, owner.key],
      [`${href}/link`, owner.key],
      [pathOf(body.url), null],
    ] as const) {
      expect(await app.call('GET', address, { key })).toMatchObject({
        status: 410,
        body: { code: 'expired' },
      });
    }
    expect((await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body.status).toBe('COMPLETED');
  });

  it('deletes the files of attempts that lost, and none that is wanted', async () => {
    const { id, href } = await report();
    const files = app.app.get(ReportFilesService, { strict: false });
    await files.note(id, 7, [ReportFormat.Pdf]);
    await app.app
      .get(ArtifactStore, { strict: false })
      .put(reportKey(id, 7, ReportFormat.Pdf), Readable.from([Buffer.from('lost')]));
    await files.sweep();
    // It may still be somebody's work.
    expect(existsSync(fileOf(id, 7))).toBe(true);
    await isDue(id);
    await files.sweep();
    await isDeleted(fileOf(id, 7));
    expect((await app.call('GET', href, { key: owner.key })).status).toBe(200);
    // It is not looked at again before its report expires.
    expect(
      await app.dataSource.query(
        'SELECT FROM report_file f JOIN job j ON j.id = f.job_id WHERE f.job_id = $1 AND f.due_at = j.expires_at',
        [id],
      ),
    ).toHaveLength(1);
    await app.dataSource.query('DELETE FROM job WHERE id = $1', [id]);
    await isDue(id);
    await files.sweep();
    await isDeleted(fileOf(id));
  });
});

it('may be framed by the web apps that may call us, and by no others', async () => {
  const { href } = await report();
  const { body: link } = await app.call('GET', `${href}/link`, { key: owner.key });
  const open = { ROLE: 'api', CORS_ORIGINS: 'https://shop.example' };
  const api = await TestApp.start(open, app);
  const { headers } = await api.call('GET', pathOf(link.url), { key: null });
  await api.stop();
  expect(headers.get('content-security-policy')).toBe("frame-ancestors 'self' https://shop.example");
  expect(headers.get('x-frame-options')).toBeNull();
});

describe('a report that is deleted by its owner', () => {
  it('is gone at once, with its links, and its job stays', async () => {
    const { id, href } = await report();
    const { body: link } = await app.call('GET', `${href}/link`, { key: owner.key });
    const stranger = await app.client('Stranger of deletions');
    expect((await app.call('DELETE', href, { key: stranger.key })).status).toBe(404);
    expect(existsSync(fileOf(id))).toBe(true);

    expect((await app.call('DELETE', href, { key: owner.key })).status).toBe(204);
    expect(existsSync(fileOf(id))).toBe(false);
    expect((await app.call('GET', href, { key: owner.key })).status).toBe(410);
    expect((await app.call('GET', pathOf(link.url), { key: null })).status).toBe(410);
    expect((await app.call('DELETE', href, { key: owner.key })).status).toBe(410);
    expect((await app.call('GET', `/v1/jobs/${id}`, { key: owner.key })).body.status).toBe('COMPLETED');

    const trail = await app.call('GET', `/v1/audit?client_id=${owner.id}`, { key: ADMIN_KEY });
    const deletions = trail.body.data.filter(({ action }: { action: string }) => action === 'file.deleted');
    expect(deletions).toEqual([
      expect.objectContaining({
        actor: { type: 'key', client_id: owner.id, key_id: expect.any(String) },
        details: { job_id: id, type: 'orders.report' },
      }),
    ]);
  });

  it('has to be one', async () => {
    const { body } = await app.call('POST', '/v1/orders/reports', { key: owner.key, body: PERIOD });
    await app.call('DELETE', `/v1/jobs/${body.id}`, { key: owner.key });
    await app.polled(`/v1/orders/reports/status/${body.id}`, { key: owner.key });
    expect((await app.call('DELETE', `/v1/orders/reports/${body.id}`, { key: owner.key })).status).toBe(410);
  });
});
