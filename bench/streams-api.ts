import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { createApp } from '../src/app/app.setup';
import { AppConfig, readEnvironment } from '../src/config/app-config';

/** One API process of `streams.ts`: prints its port, and its memory when asked. */
async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const config = new AppConfig(environment, {
    databaseUrl: environment.DATABASE_URL ?? '',
    redisUrl: environment.REDIS_URL ?? '',
  });
  const app = await createApp(config);
  await app.listen(0, '127.0.0.1');
  process.on('message', () => {
    gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rss, heapUsed, cpuMicroseconds: process.cpuUsage().user + process.cpuUsage().system });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: (app.getHttpServer() as { address(): AddressInfo }).address().port });
}

void main();
