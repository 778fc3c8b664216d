// A main process in small, for tests that kill one: starts the services, prints where they are, drains, stops them.
import { Client } from 'pg';
import { startEmbeddedServices, type EmbeddedServices } from '../../src/embedded/embedded-services';

async function main(): Promise<void> {
  const [dataDir = '', onSignal = 'stop'] = process.argv.slice(2);
  const running: { services?: EmbeddedServices } = {};
  let signals = 0;
  const end = async (): Promise<void> => {
    if (++signals > 1) return;
    const { services } = running;
    if (onSignal === 'exit' || services === undefined) process.exit(3);
    const client = new Client({ connectionString: services.databaseUrl });
    await client.connect();
    // Long enough that a Postgres which got the signal too would have broken it off.
    await client.query('SELECT pg_sleep(0.5)');
    await client.end();
    console.log('drained');
    await services.stop();
    console.log('stopped');
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end());
  const log = (line: string): void => console.log(line);
  const services = await startEmbeddedServices({ dataDir, postgres: true, redis: true, log });
  running.services = services;
  console.log(`ready ${JSON.stringify({ databaseUrl: services.databaseUrl, redisUrl: services.redisUrl })}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
