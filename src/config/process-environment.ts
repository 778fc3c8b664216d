import { existsSync } from 'node:fs';
import { readEnvironment } from './app-config';
import type { Environment } from './environment';

/** The environment of this process, with `.env` of the working directory for what is not set. */
export function environmentOfProcess(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readEnvironment(process.env);
}
