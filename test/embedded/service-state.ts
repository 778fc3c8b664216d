import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type QueryResult } from 'pg';
import { isRunning, parseIdentity, type ProcessIdentity } from '../../src/embedded/process-identity';

export interface ServiceProcesses {
  readonly postgres: ProcessIdentity;
  readonly redis: ProcessIdentity;
}

/** The servers that run for a data directory, as their records name them. */
export function serviceProcesses(dataDir: string): ServiceProcesses {
  const read = (name: string): ProcessIdentity => {
    const identity = parseIdentity(readFileSync(join(dataDir, `${name}.process`), 'utf8'));
    if (identity === undefined) throw new Error(`no process is recorded in ${name}.process`);
    return identity;
  };
  return { postgres: read('postgres'), redis: read('redis') };
}

export function runningOf({ postgres, redis }: ServiceProcesses): string[] {
  return [...(isRunning(postgres) ? ['postgres'] : []), ...(isRunning(redis) ? ['redis'] : [])];
}

export async function query(url: string | undefined, text: string): Promise<QueryResult> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}
