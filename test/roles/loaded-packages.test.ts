import { join } from 'node:path';
import { emptyTestRedis } from '../support/services';
import { RunningProcess } from '../support/running-process';
import { createTestDatabase, TestDatabase } from '../support/test-database';

const S3 = 's3://reports?region=eu-central-1&endpoint=http://127.0.0.1:1';
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

it.each([
  ['an api with files', { ROLE: 'api' }, { puppeteer: false, '@aws-sdk/client-s3': false }],
  ['an api with S3', { ROLE: 'api', STORAGE_URL: S3 }, { puppeteer: false, '@aws-sdk/client-s3': true }],
  ['a worker with files', { ROLE: 'worker' }, { puppeteer: true, '@aws-sdk/client-s3': false }],
])('%s loads no package that it cannot use', async (_, variables, expected) => {
  const child = await RunningProcess.start(
    process.execPath,
    ['--require', './scripts/typescript.cjs', './test/roles/composed-process.ts'],
    {
      cwd: join(__dirname, '../..'),
      env: {
        ...process.env,
        ...variables,
        TEST_DATABASE_URL: database.url,
        TEST_REDIS_URL: await emptyTestRedis(),
      },
    },
  );
  const [, names = ''] = await child.waitForOutput(/^loaded: (.*)$/m);
  const loaded = JSON.parse(names) as string[];
  expect(loaded).toContain('@nestjs/core');
  for (const [name, isLoaded] of Object.entries(expected))
    expect([name, loaded.includes(name)]).toEqual([name, isLoaded]);
  expect(await child.exited()).toBe(0);
});
