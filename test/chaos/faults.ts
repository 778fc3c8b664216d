import { setTimeout as sleep } from 'node:timers/promises';
import { redisCommand } from '../../src/embedded/redis-command';
import { Fleet, LEASE_SECONDS } from './fleet';
import type { Random } from './random';
import type { ServiceProcess } from './service-process';

interface Fault {
  name: string;
  /** Does the harm and repairs what only an operator or a supervisor would; resolves when that is done. */
  strike: (fleet: Fleet, random: Random) => Promise<string>;
}

async function killAndRestart(service: ServiceProcess, random: Random, highSeconds: number): Promise<string> {
  const { pid } = service;
  await service.end('SIGKILL');
  const downMs = Math.round(random.between(200, highSeconds * 1_000));
  await sleep(downMs);
  await service.start();
  return `${service.name} (process ${pid ?? 'none'}), down for ${downMs} ms`;
}

async function freeze(service: ServiceProcess, seconds: number): Promise<string> {
  service.freeze();
  await sleep(seconds * 1_000);
  service.thaw();
  return `${service.name} for ${seconds.toFixed(1)} s`;
}

const ON_ANY: Fault[] = [
  {
    name: 'SIGKILL of an API',
    strike: (fleet, random) => killAndRestart(random.pick(fleet.apis), random, 2),
  },
  {
    name: 'SIGKILL of a worker',
    strike: (fleet, random) => killAndRestart(random.pick(fleet.workers), random, 2),
  },
  {
    name: 'SIGKILL of a browser',
    strike: (fleet, random) => {
      const main = fleet.browsers.filter(({ isMain }) => isMain);
      if (main.length === 0) return Promise.resolve('none ran');
      const { pid } = random.pick(main);
      process.kill(pid, 'SIGKILL');
      return Promise.resolve(`process ${pid}`);
    },
  },
  { name: 'SIGKILL of Postgres', strike: (fleet, random) => killAndRestart(fleet.postgres, random, 3) },
  {
    name: 'SIGSTOP of a worker past its lease',
    strike: (fleet, random) => freeze(random.pick(fleet.workers), LEASE_SECONDS + random.between(3, 6)),
  },
  {
    name: 'SIGSTOP of an API',
    strike: (fleet, random) => freeze(random.pick(fleet.apis), random.between(1, 4)),
  },
  {
    name: 'cut connections to Postgres',
    strike: (fleet) => Promise.resolve(`${fleet.postgresProxy.cut()} connections`),
  },
  {
    name: 'connections to Postgres that hang',
    strike: async (fleet, random) => {
      const seconds = random.between(0.5, 3);
      fleet.postgresProxy.hang();
      await sleep(seconds * 1_000);
      fleet.postgresProxy.resume();
      return `for ${seconds.toFixed(1)} s`;
    },
  },
  {
    name: 'restart of a worker',
    strike: async (fleet, random) => {
      const worker = random.pick(fleet.workers);
      const from = Date.now();
      await worker.end('SIGTERM', 25_000);
      const tookMs = Date.now() - from;
      await worker.start();
      return `${worker.name}, which took ${tookMs} ms to end`;
    },
  },
];

const ON_REDIS: Fault[] = [
  { name: 'SIGKILL of Redis', strike: (fleet, random) => killAndRestart(fleet.redis!, random, 5) },
  { name: 'SIGSTOP of Redis', strike: (fleet, random) => freeze(fleet.redis!, random.between(1, 4)) },
  { name: 'FLUSHALL', strike: (fleet) => redisCommand(fleet.redisUrl, 'FLUSHALL') },
  {
    name: 'cut connections to Redis',
    strike: (fleet) => Promise.resolve(`${fleet.redisProxy!.cut()} connections`),
  },
];

/** Every kind in turn, in an order that the seed decides, until there are enough. */
export function planFaults(count: number, withRedis: boolean, random: Random): Fault[] {
  const kinds = withRedis ? [...ON_ANY, ...ON_REDIS] : ON_ANY;
  const plan: Fault[] = [];
  while (plan.length < count) plan.push(...random.shuffled(kinds));
  return plan.slice(0, count);
}
