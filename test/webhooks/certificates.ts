import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string): string => readFileSync(join(__dirname, 'certificates', name), 'utf8');

export const AUTHORITY = read('ca.pem');

/** A certificate of the test authority with its key. */
export const certificate = (
  name: 'server' | 'other-host' | 'expired' | 'client' | 'nul',
): { cert: string; key: string } => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
