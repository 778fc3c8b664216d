import 'reflect-metadata';
import { testConfig } from './test-config';
import { TestEngine } from './test-engine';
import { SCRIPTED, ScriptedHandler } from './test-jobs';
import { endWithParent } from './end-with-parent';

/** A worker in a process of its own, to be stopped, frozen and killed. Its services come by the environment. */
async function main(): Promise<void> {
  endWithParent();
  const {
    ENGINE_DATABASE_URL: databaseUrl = '',
    ENGINE_REDIS_URL: redisUrl = '',
    JOB_LEASE_SECONDS,
  } = process.env;
  const engine = await TestEngine.start({
    config: testConfig({ databaseUrl, redisUrl }, { JOB_LEASE_SECONDS }),
    types: [SCRIPTED],
    handlers: [ScriptedHandler],
    log: ['error', 'warn'],
  });
  process.on('SIGTERM', () => {
    void engine.stop().then(() => {
      console.log('stopped');
      process.exit(0);
    });
  });
  console.log('ready');
}

void main();
