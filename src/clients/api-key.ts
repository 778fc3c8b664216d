import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Recognizable by people and by secret scanners. */
const PREFIX = 'ork_';
const CHECKSUM_LENGTH = 8;

/**
 * A new API key: `ork_`, 192 random bits in base64url, and a CRC-32 of both in hexadecimal, so that a mistyped
 * key is distinguished from a revoked one without a look into the database.
 */
export function newApiKey(): string {
  const body = PREFIX + randomBytes(24).toString('base64url');
  return body + checksum(body);
}

const OWN_SHAPE = /^ork_[\w-]{32}[0-9a-f]{8}$/;

/** Whether a key is one of ours that was mistyped. Keys that an operator chose have no checksum, whatever they begin with. */
export const isDamaged = (key: string): boolean =>
  OWN_SHAPE.test(key) && checksum(key.slice(0, -CHECKSUM_LENGTH)) !== key.slice(-CHECKSUM_LENGTH);

/** How a key is stored: SHA-256, enough for something with that much entropy. */
export const hashApiKey = (key: string): Buffer => hash('sha256', key, 'buffer');

/** What may be shown of a key in lists. */
export const shownPrefix = (key: string): string => `${key.slice(0, 8)}…`;

const checksum = (text: string): string => crc32(text).toString(16).padStart(CHECKSUM_LENGTH, '0');

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
