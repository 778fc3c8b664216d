import { Test } from '@nestjs/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigModule } from '../../src/config/config.module';
import { RenderingModule } from '../../src/report-requests/rendering/rendering.module';
import { ReportRenderer } from '../../src/report-requests/rendering/report-renderer';
import { testConfig } from '../support/test-config';
import { profiles } from './browser-processes';
import { sampleOrder, sampleReport } from './sample-report';

describe('RenderingModule', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('starts a browser for the first report, and ends it with the application', async () => {
    const config = testConfig(
      { databaseUrl: '', redisUrl: '' },
      { RENDER_CONCURRENCY: '1', DATA_DIR: directory },
    );
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), RenderingModule],
    }).compile();
    const atFirst = await profiles();
    await module.init();
    // Other tests ran in this process before.
    const before = await profiles();
    expect(before).toEqual(atFirst);
    const { signal } = new AbortController();
    const onProgress = (): void => undefined;
    const report = await module
      .get(ReportRenderer)
      .render(sampleReport([sampleOrder(1)]), { directory, owner: 'client', signal, onProgress });
    expect(report.pages).toBe(2);
    expect((await profiles()).length).toBe(before.length + 1);
    await module.close();
    expect(await profiles()).toEqual(before);
  });
});
