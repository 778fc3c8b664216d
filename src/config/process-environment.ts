import { existsSync } from 'node:fs';
import { readEnvironment } from './app-config';
import type { Environment } from './environment';

/** The environment of this process, with `.env` of the working directory for what is not set. */
export function environmentOfProcess(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readEnvironment(process.env);
}

/**
 * The database that a command about it is meant for.
 *
 * @throws Error in plain words without `DATABASE_URL`
 */
export function requiredDatabaseUrl(): string {
  const { DATABASE_URL } = environmentOfProcess();
  if (DATABASE_URL === undefined)
    throw new Error(
      'DATABASE_URL is not set: set it to the Postgres whose schema is meant. An embedded one is brought up to date by each start.',
    );
  return DATABASE_URL;
}
