import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newApiKey } from './api-key';

/** A key made once and kept in a folder that only its owner can read; for a service that runs on its own machine. */
export async function keptApiKey(folder: string, name: string): Promise<string> {
  try {
    const kept = (await readFile(join(folder, name), 'utf8')).trim();
    // A full disk may have left an empty file.
    if (kept !== '') return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return newKeptApiKey(folder, name);
}

/** Makes a key that takes the place of the one that is kept, if any. */
export async function newKeptApiKey(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const key = newApiKey();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Under its name only when it is whole: a start that was killed half-way must not leave half a key.
  await writeFile(`${path}.new`, `${key}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return key;
}
