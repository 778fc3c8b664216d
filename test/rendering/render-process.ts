import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { ConfigModule } from '../../src/config/config.module';
import { RenderingModule } from '../../src/report-requests/rendering/rendering.module';
import { endWithParent } from '../support/end-with-parent';
import { testConfig } from '../support/test-config';

/** A worker's browsers in a process of their own, to be killed. */
async function main(): Promise<void> {
  endWithParent();
  const config = testConfig({ databaseUrl: '', redisUrl: '' }, { RENDER_CONCURRENCY: '2' });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(config), RenderingModule],
  }).compile();
  await module.init();
}

void main();
