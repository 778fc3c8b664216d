import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newApiKey } from './api-key';

/** A key made once and kept in a folder that only its owner can read; for a service that runs on its own machine. */
export async function keptApiKey(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = newApiKey();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}
