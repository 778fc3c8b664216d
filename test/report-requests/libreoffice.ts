import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LIBREOFFICE = ['/usr/bin/soffice', '/usr/bin/libreoffice'].find((path) => existsSync(path));

/** Whether the machine has it. */
export const hasLibreOffice = LIBREOFFICE !== undefined;

/**
 * What LibreOffice makes of a file.
 *
 * @param options of its command line: what it is converted to, and how it is read
 * @returns the files by their names, which begin with that of the given one
 */
export async function converted(
  name: string,
  content: Buffer,
  options: readonly string[],
): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  try {
    const [file, out] = [join(folder, name), join(folder, 'out')];
    await writeFile(file, content);
    // A profile of its own: one that is in use by another run would keep it from starting.
    const profile = `-env:UserInstallation=file://${folder}/profile`;
    await promisify(execFile)(LIBREOFFICE!, [profile, '--headless', ...options, '--outdir', out, file], {
      timeout: 120_000,
    });
    const names = await readdir(out);
    return new Map(
      await Promise.all(names.map(async (made) => [made, await readFile(join(out, made))] as const)),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
