import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { distributionProgram } from '../support/distribution-program';

const run = promisify(execFile);
const SDK = resolve(__dirname, '../../sdk/python');

/** The distribution's Python, which finds the SDK. */
export async function distributionPython(): Promise<{
  path: string;
  env: Record<string, string>;
  /** Of the SDK, with that of Python. */
  version: string;
}> {
  const { path, env } = await distributionProgram({
    name: 'python3',
    folder: '/usr/bin',
    log: () => undefined,
  });
  const { stdout } = await run(path, ['--version'], { env });
  const [, sdk] = /^version = "(.*)"$/m.exec(readFileSync(join(SDK, 'pyproject.toml'), 'utf8')) ?? [];
  return { path, env: { ...env, PYTHONPATH: SDK }, version: `${sdk}, ${stdout.trim()}` };
}
