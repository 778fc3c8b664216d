import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { TestApp } from '../support/test-app';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');
const FILE = join(ROOT, 'sdk/src/api-types.ts');
const GENERATOR = join(ROOT, 'node_modules/openapi-typescript/bin/cli.js');
const HEAD = '// Generated from /openapi.json by openapi-typescript: `npm run sdk:types` writes it anew.\n';

test('the types of the SDK are those of the document', async () => {
  const app = await TestApp.start({ ROLE: 'api' });
  const folder = mkdtempSync(join(tmpdir(), 'order-reports-api-types-'));
  try {
    const document = join(folder, 'openapi.json');
    const written = join(folder, 'api-types.ts');
    writeFileSync(document, JSON.stringify((await app.call('GET', '/openapi.json', { key: null })).body));
    await run(process.execPath, [GENERATOR, document, '--output', written]);
    const types = HEAD + readFileSync(written, 'utf8');
    if (process.env['SDK_TYPES'] === 'write') writeFileSync(FILE, types);
    expect(types).toBe(readFileSync(FILE, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
    await app.stop();
  }
});
