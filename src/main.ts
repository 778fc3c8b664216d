import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { createApp, drainApp } from './app/app.setup';
import { AppConfig, isInPlainWords } from './config/app-config';
import { environmentOfProcess } from './config/process-environment';
import { migrate, requireMigrated } from './database/migrate';
import { explainDatabase } from './database/database-errors';
import { startEmbeddedServices } from './embedded/embedded-services';
import { FirstStartService, welcome } from './app/first-start.service';
import { keepHeapSmall } from './app/heap';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/** So long after DRAIN_DELAY_SECONDS everything has ended, or something hangs: the leases of what is left run out. */
const SHUTDOWN_DEADLINE_MS = 24_000;

/** `npm start` passes on the Ctrl-C that the terminal has sent to us as well; only what comes later is a second one. */
const ECHO_OF_SIGNAL_MS = 1_000;

/** Set once the process serves: from then on all that it says is a line of its log. Before that a person reads it. */
let logger: Logger | undefined;

function say(line: string): void {
  if (logger === undefined) console.log(line);
  else logger.log(line);
}

async function main(): Promise<void> {
  endOnUnhandled();
  keepHeapSmall();
  const environment = environmentOfProcess();
  const dataDir = resolve(environment.DATA_DIR);

  await requireFreePort(environment.PORT, environment.HOST);
  let stop = (): Promise<void> => Promise.resolve();
  onSignal(() => stop(), environment.DRAIN_DELAY_SECONDS * 1_000 + SHUTDOWN_DEADLINE_MS);
  const embedded = await startEmbeddedServices({
    dataDir,
    postgres: environment.DATABASE_URL === undefined,
    redis: environment.REDIS_URL === undefined,
    log: say,
  });
  stop = () => embedded.stop();
  try {
    const config = new AppConfig(environment, {
      databaseUrl: required(embedded.databaseUrl ?? environment.DATABASE_URL),
      redisUrl: required(embedded.redisUrl ?? environment.REDIS_URL),
    });
    const embeddedIn = environment.DATABASE_URL === undefined ? dataDir : undefined;
    const migrated = config.migrateOnStart
      ? migrate(config.databaseUrl, say, embeddedIn)
      : requireMigrated(config.databaseUrl);
    await migrated.catch(explainDatabase);
    const app = await createApp(config).catch(explainDatabase);
    stop = async () => {
      await drainApp(app, config);
      await embedded.stop();
    };
    await app.listen(config.port, config.host).catch(explainPort);
    if (environment.DATABASE_URL === undefined)
      say(welcome(config.publicUrl, app.get(FirstStartService).demoKey));
    logger = new Logger('Process');
    process.removeAllListeners('warning').on('warning', (warning) => logger?.warn(warning.stack));
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What nobody handles leaves the process in a state that nobody knows: it ends, and what watches it starts another. */
function endOnUnhandled(): void {
  const end = (error: unknown, origin: string): void => {
    if (logger === undefined) console.error(error);
    else logger.fatal(`${origin}: ${String(error)}`, error instanceof Error ? error.stack : undefined);
    process.exit(1);
  };
  // A rejection that nobody handles comes here too, as Node's default has it.
  process.on('uncaughtException', end);
}

function required(value: string | undefined): string {
  if (value === undefined) throw new Error('A service was neither configured nor started.');
  return value;
}

/** Checked before anything is started: making a database takes seconds. */
async function requireFreePort(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening').catch(explainPort);
  server.close();
  await once(server, 'close');
}

function explainPort(error: NodeJS.ErrnoException & { port?: number }): never {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new Error(
    `The port ${error.port} is in use by another program. Stop that one, or set PORT to another.`,
    {
      cause: error,
    },
  );
}

/** Stops once, on the first signal; a second one ends the process at once. */
function onSignal(stop: () => Promise<void>, deadlineMs: number): void {
  let stoppingSince: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > ECHO_OF_SIGNAL_MS) process.exit(130);
      return;
    }
    stoppingSince = performance.now();
    say(`${signal}: stopping.`);
    setTimeout(() => process.exit(1), deadlineMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        if (logger === undefined) console.error(error);
        else logger.fatal(`The process could not stop in order: ${String(error)}`, (error as Error).stack);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
}

main().catch((error: unknown) => {
  console.error(isInPlainWords(error) ? `\nCould not start. ${error.message}` : error);
  process.exit(1);
});
