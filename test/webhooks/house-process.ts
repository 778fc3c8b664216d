import 'reflect-metadata';
import { endWithParent } from '../support/end-with-parent';
import { CallbackHouse } from './callback-house';

/** A worker in a process of its own, to be killed. Its services and settings come by the environment. */
async function main(): Promise<void> {
  endWithParent();
  const {
    HOUSE_DATABASE_URL: databaseUrl = '',
    HOUSE_REDIS_URL: redisUrl = '',
    HOUSE_SETTINGS = '{}',
  } = process.env;
  await CallbackHouse.start({ databaseUrl, redisUrl }, JSON.parse(HOUSE_SETTINGS) as NodeJS.ProcessEnv);
  console.log('ready');
}

void main();
