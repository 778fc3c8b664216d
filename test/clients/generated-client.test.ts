import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_CACHE_DIR } from '../../src/common/debian-packages';
import { TestApp } from '../support/test-app';
import { walkWithGeneratedClient } from './generated-client';
import { OPENAPI_FETCH } from './generators';

test('a client of openapi-typescript and openapi-fetch compiles README’s calls, and makes them', async () => {
  const app = await TestApp.start();
  // Below the project, so that its packages are found.
  mkdirSync(PACKAGE_CACHE_DIR, { recursive: true });
  const folder = mkdtempSync(join(PACKAGE_CACHE_DIR, 'generated-client-'));
  try {
    const { key } = await app.client('generated');
    await walkWithGeneratedClient(OPENAPI_FETCH, folder, { url: app.url, key });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await app.stop();
  }
});
