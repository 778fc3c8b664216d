import Redis from 'ioredis';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestApp } from '../support/test-app';
import { finderOf } from './forms';

/** Something that is kept, with where it lies. */
interface Kept {
  where: string;
  text: string;
}

/** Every row of every table: all columns as text, bytes in hexadecimal. */
async function rowsOf(app: TestApp): Promise<Kept[]> {
  const tables = await app.dataSource.query<{ name: string }[]>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const kept = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await app.dataSource.query<{ text: string }[]>(`SELECT t::text AS text FROM ${name} t`);
      return rows.map(({ text }) => ({ where: `a row of ${name}`, text }));
    }),
  );
  return kept.flat();
}

/** Every key of Redis with its value, as Redis itself would save it. */
async function keysOf(app: TestApp): Promise<Kept[]> {
  const redis = new Redis(app.config.redisUrl);
  try {
    const keys = await redis.keys('*');
    return await Promise.all(
      keys.map(async (key) => {
        // Nothing of one that went meanwhile: wake-ups come and go.
        const value = (await redis.dumpBuffer(key)) as Buffer | null;
        return { where: `the key ${key} of Redis`, text: `${key} ${value?.toString('latin1') ?? ''}` };
      }),
    );
  } finally {
    redis.disconnect();
  }
}

function filesOf(app: TestApp): Kept[] {
  const root = fileURLToPath(app.config.storageUrl);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { where: `the file ${path}`, text: `${path} ${contentOf(path)}` };
    });
}

/** Of a file that was deleted meanwhile, nothing. */
function contentOf(path: string): string {
  try {
    return readFileSync(path).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Where any of the texts is found in what is kept: in the database, in Redis, in the store, and in what was logged. */
export async function placesOf(app: TestApp, texts: string[], log: string[] = []): Promise<Kept[]> {
  const kept = [
    ...(await rowsOf(app)),
    ...(await keysOf(app)),
    ...filesOf(app),
    ...log.map((text) => ({ where: 'the log', text })),
  ];
  const isFound = finderOf(texts);
  return kept.filter(({ text }) => isFound(text));
}

/** All that a client has, row by row. */
export async function rowsOfClient(app: TestApp, clientId: string): Promise<Record<string, string[]>> {
  const tables = await app.dataSource.query<{ name: string }[]>(
    `SELECT table_name AS name FROM information_schema.columns
     WHERE table_schema = current_schema() AND column_name = 'client_id' ORDER BY table_name`,
  );
  const entries = await Promise.all(
    tables.map(async ({ name }): Promise<[string, string[]]> => {
      const rows = await app.dataSource.query<{ text: string }[]>(
        `SELECT t::text AS text FROM ${name} t WHERE client_id = $1 ORDER BY 1`,
        [clientId],
      );
      return [name, rows.map(({ text }) => text)];
    }),
  );
  return Object.fromEntries(entries);
}

/** What this process writes to its standard output from now on, until `restore`. */
export function collectOutput(): { lines: string[]; restore: () => void } {
  const lines: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    return jest.spyOn(stream, 'write').mockImplementation(((chunk: string, ...rest: []) => {
      lines.push(chunk);
      return write(chunk, ...rest);
    }) as never);
  });
  return { lines, restore: () => spies.forEach((spy) => spy.mockRestore()) };
}
