import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

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
