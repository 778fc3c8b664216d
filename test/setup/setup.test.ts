import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunningProcess } from '../support/running-process';

const REPOSITORY = resolve(__dirname, '../..');
const SETTINGS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'setup-'));
  for (const name of [...SETTINGS, 'scripts'])
    cpSync(join(REPOSITORY, name), join(clone, name), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(clone, 'node_modules'));
  mkdirSync(join(clone, 'src'));
  writeFileSync(join(clone, 'src/main.ts'), 'export const answer: number = 42;\n');
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

async function setup(): Promise<{ code: number | NodeJS.Signals; output: string }> {
  const running = await RunningProcess.start(process.execPath, [join(clone, 'scripts/setup.mjs')]);
  const code = await running.exited(120_000);
  return { code, output: running.output };
}

it('compiles what changed, nothing twice, and drops what has no source any more', async () => {
  writeFileSync(join(clone, 'src/extra.ts'), 'export const extra = 1;\n');
  const first = await setup();
  expect(first).toEqual({ code: 0, output: expect.stringContaining('compiled in') });
  expect(existsSync(join(clone, 'dist/extra.js'))).toBe(true);

  expect(await setup()).toEqual({ code: 0, output: '' });

  rmSync(join(clone, 'src/extra.ts'));
  expect((await setup()).output).toContain('compiled in');
  expect(existsSync(join(clone, 'dist/extra.js'))).toBe(false);
  expect(existsSync(join(clone, 'dist/main.js'))).toBe(true);
});

it('fails on a source that does not compile, also the second time', async () => {
  writeFileSync(join(clone, 'src/main.ts'), `export const answer: number = 'forty-two';\n`);
  for (let run = 0; run < 2; run++) {
    expect(await setup()).toEqual({ code: 1, output: expect.stringMatching(/TS2322[^]*setup: .* failed/) });
  }
});

it('lets two that start at once compile once', async () => {
  const outputs = (await Promise.all([setup(), setup()])).map(({ output }) => output);
  expect(outputs.filter((output) => output.includes('compiled in'))).toHaveLength(1);
  expect(existsSync(join(clone, '.cache/setup.lock'))).toBe(false);
});

it('is not held up by the lock of a setup that was killed', async () => {
  const gone = await RunningProcess.start('sleep', ['60']);
  await gone.stop('SIGKILL');
  mkdirSync(join(clone, '.cache'));
  writeFileSync(join(clone, '.cache/setup.lock'), String(gone.pid));
  expect((await setup()).code).toBe(0);
});

it('names the supported versions on a Node that is none of them', async () => {
  writeFileSync(join(clone, 'package.json'), JSON.stringify({ engines: { node: '^18.99.0 || >=999.0.0' } }));
  const { code, output } = await setup();
  expect(code).toBe(1);
  expect(output).toContain(`needs Node ^18.99.0 || >=999.0.0, and runs on ${process.versions.node}`);
});
