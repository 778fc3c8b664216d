import { Logger } from '@nestjs/common';
import { Test, TestingModule } from '@nestjs/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ConfigModule } from '../../src/config/config.module';
import { BrowserPool } from '../../src/report-requests/rendering/browser-pool';
import { RenderingModule } from '../../src/report-requests/rendering/rendering.module';
import { PrintPage } from '../../src/report-requests/rendering/print-page';
import { ReportRenderer } from '../../src/report-requests/rendering/report-renderer';
import { testConfig } from '../support/test-config';
import { profiles } from './browser-processes';
import { sampleOrder, sampleReport } from './sample-report';
import { eventually } from './test-renderer';

async function newProfiles(before: string[]): Promise<string[]> {
  return (await profiles()).filter((profile) => !before.includes(profile));
}

describe('RenderingModule', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  });

  afterEach(() => jest.restoreAllMocks());

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('starts a browser for the first report, and ends it with the application', async () => {
    // Other tests ran in this process before.
    const before = await profiles();
    const module = await start({ RENDER_CONCURRENCY: '1' });
    const { signal } = new AbortController();
    const onProgress = (): void => undefined;
    const { pages, file } = await module
      .get(ReportRenderer)
      .render(sampleReport([sampleOrder(1)]), { owner: 'client', isLarge: false, signal, onProgress });
    expect(pages).toBe(2);
    expect((await buffer(file)).toString('latin1', 0, 5)).toBe('%PDF-');
    expect(await newProfiles(before)).toHaveLength(1);
    await module.close();
    expect(await newProfiles(before)).toEqual([]);
  });

  it('starts every browser with the worker, before there is a report', async () => {
    const before = await profiles();
    const module = await start({ RENDER_CONCURRENCY: '2' });
    await eventually('both browsers run', async () => (await newProfiles(before)).length === 2);
    await module.close();
    expect(await newProfiles(before)).toEqual([]);
  });

  it('replaces a page after two million bytes', async () => {
    const opened = jest.spyOn(PrintPage, 'open');
    const module = await start({ RENDER_CONCURRENCY: '1' });
    const pool = module.get(BrowserPool);
    await pool.warm();
    const body = Buffer.from(`<p hidden>${'x'.repeat(1_000_000)}</p>`);
    const document = { shell: '<!doctype html><body>', body };
    const job = { owner: 'client', tagged: false, isLarge: true, document };
    const pages: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      await pool.print(job, new AbortController().signal);
      pages.push(opened.mock.calls.length);
    }
    await module.close();
    // The one for the next owner is opened as soon as the one before is taken.
    expect(pages).toEqual([2, 2, 3, 3]);
  });

  it('is up without a browser, and says what is missing', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const module = await start({ RENDER_CONCURRENCY: '1', BROWSER_PATH: join(directory, 'none') });
    await eventually('it is said', () =>
      errors.mock.calls.some(([line]) => /BROWSER_PATH names .*none/.test(String(line))),
    );
    await module.close();
  });

  async function start(variables: NodeJS.ProcessEnv): Promise<TestingModule> {
    const config = testConfig({ databaseUrl: '', redisUrl: '' }, { DATA_DIR: directory, ...variables });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), RenderingModule],
    }).compile();
    return module.init();
  }
});
