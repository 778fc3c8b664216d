import { type RulesetDefinition, Spectral } from '@stoplight/spectral-core';
import { oas } from '@stoplight/spectral-rulesets';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestApp } from '../support/test-app';
import { OpenApi, type Schema } from './support/openapi';
import { TENANT_SETTINGS } from './support/tenant';

const run = promisify(execFile);

let document: Schema;

beforeAll(async () => {
  const app = await TestApp.start({ ...TENANT_SETTINGS, ROLE: 'api' });
  // The document names where it is served from, and nobody else could reach this test.
  document = { ...(await OpenApi.of(app)).document, servers: [{ url: 'https://reports.test' }] };
  await app.stop();
});

it('Redocly finds no errors or warnings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'order-reports-openapi-'));
  try {
    const file = join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const linter = join('node_modules', '@redocly', 'cli', 'bin', 'cli.js');
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const { stdout } = await run(
      process.execPath,
      [linter, 'lint', file, '--format=json', '--config=redocly.yaml'],
      { env },
    ).catch((error: unknown) => error as { stdout: string });
    const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string }[] };
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('Spectral finds no errors, warnings or hints, with every rule that it recommends', async () => {
  const spectral = new Spectral();
  spectral.setRuleset({ extends: [[oas as RulesetDefinition, 'recommended']], rules: {} });
  const found = await spectral.run(document);
  expect(found.map(({ code, path, message }) => `${code} at ${path.join('/')}: ${message}`)).toEqual([]);
});
