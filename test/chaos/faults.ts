import { setTimeout as sleep } from 'node:timers/promises';
import { redisCommand } from '../support/redis-command';
import { Fleet, LEASE_SECONDS } from './fleet';
import type { Ledger } from './ledger';
import type { Random } from './random';
import type { ServiceProcess } from './service-process';
import type { StoreCondition } from './store-proxy';

/** What a fault has to do with. */
export interface Struck {
  fleet: Fleet;
  random: Random;
  /** For what a fault sees itself of the service's promises: whether it says that it cannot serve. */
  ledger: Ledger;
}

export interface Fault {
  name: string;
  /** Does the harm and repairs what only an operator or a supervisor would; resolves when that is done. */
  strike: (struck: Struck) => Promise<string>;
}

/** Within so many milliseconds a process says that it cannot serve. */
const HONEST_WITHIN_MS = 5_000;
/** Within so many nothing is refused any more, for so long at a stretch. */
const CALM_WITHIN_MS = 30_000;
const CALM_FOR_MS = 5_000;

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

/** Every API answers `/health/ready` with 503 before long: no balancer may send it requests any more. */
export async function demandHonesty(
  { fleet, ledger }: Pick<Struck, 'fleet' | 'ledger'>,
  because: string,
): Promise<void> {
  const until = Date.now() + HONEST_WITHIN_MS;
  for (const api of fleet.apis) {
    let readiness = await api.readiness();
    while (readiness !== 503 && Date.now() < until) {
      await sleep(100);
      readiness = await api.readiness();
    }
    if (readiness !== 503)
      ledger.violation(`${api.name} answered /health/ready with ${readiness ?? 'nothing'}, and ${because}`);
  }
}

/** Resolves to the milliseconds after which a time without refusals began; `undefined` when none did. */
async function untilCalm(ledger: Ledger): Promise<number | undefined> {
  const from = Date.now();
  let since = from;
  let refused = ledger.refused;
  while (since - from < CALM_WITHIN_MS) {
    if (Date.now() - since >= CALM_FOR_MS) return since - from;
    await sleep(100);
    if (ledger.refused === refused) continue;
    refused = ledger.refused;
    since = Date.now();
  }
  return undefined;
}

/** For as long as `hold` says, and from the start of that to its end. */
async function during(
  begin: () => Promise<void>,
  hold: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  try {
    await begin();
    await hold();
  } finally {
    await end();
  }
}

const ON_ANY: Fault[] = [
  {
    name: 'SIGKILL of an API',
    strike: ({ fleet, random }) => killAndRestart(random.pick(fleet.apis), random, 2),
  },
  {
    name: 'SIGKILL of a worker',
    strike: ({ fleet, random }) => killAndRestart(random.pick(fleet.workers), random, 2),
  },
  {
    name: 'SIGKILL of a browser',
    strike: ({ fleet, random }) => {
      const main = fleet.browsers.filter(({ isMain }) => isMain);
      if (main.length === 0) return Promise.resolve('none ran');
      const { pid } = random.pick(main);
      process.kill(pid, 'SIGKILL');
      return Promise.resolve(`process ${pid}`);
    },
  },
  {
    name: 'SIGSTOP of a worker past its lease',
    strike: ({ fleet, random }) => freeze(random.pick(fleet.workers), LEASE_SECONDS + random.between(3, 6)),
  },
  {
    name: 'SIGSTOP of an API',
    strike: ({ fleet, random }) => freeze(random.pick(fleet.apis), random.between(1, 4)),
  },
  {
    name: 'restart of a worker',
    strike: async ({ fleet, random }) => {
      const worker = random.pick(fleet.workers);
      const from = Date.now();
      await worker.end('SIGTERM', 25_000);
      const tookMs = Date.now() - from;
      await worker.start();
      return `${worker.name}, which took ${tookMs} ms to end`;
    },
  },
  { name: 'rolling restart', strike: ({ fleet }) => fleet.roll(30_000) },
];

const ON_POSTGRES: Fault[] = [
  {
    name: 'SIGKILL of Postgres',
    strike: ({ fleet, random }) => killAndRestart(fleet.database.primary, random, 3),
  },
  {
    name: 'cut connections to Postgres',
    strike: ({ fleet }) => Promise.resolve(`${fleet.database.proxy.cut()} connections`),
  },
  {
    name: 'connections to Postgres that hang',
    strike: async ({ fleet, random }) => {
      const seconds = random.between(0.5, 3);
      fleet.database.proxy.hang();
      await sleep(seconds * 1_000);
      fleet.database.proxy.resume();
      return `for ${seconds.toFixed(1)} s`;
    },
  },
  {
    // As when a primary is demoted and comes back: every session ends both times.
    name: 'Postgres read-only',
    strike: async (struck) => {
      const { database } = struck.fleet;
      const seconds = struck.random.between(2, 5);
      await during(
        async () => {
          await database.setReadOnly(true);
          await database.endSessions();
        },
        async () => {
          await demandHonesty(struck, 'the database was read-only');
          await sleep(seconds * 1_000);
        },
        () => database.setReadOnly(false),
      );
      return `for ${seconds.toFixed(1)} s, then ${await database.endSessions()} sessions cut`;
    },
  },
  {
    // As when a name is switched over and back: nobody ends the sessions that can only read.
    name: 'sessions of Postgres that stay read-only',
    strike: async (struck) => {
      const { database } = struck.fleet;
      const seconds = struck.random.between(2, 5);
      const from = new Date();
      await during(
        async () => {
          await database.setReadOnly(true);
          await database.endSessions('every second');
        },
        () => sleep(seconds * 1_000),
        () => database.setReadOnly(false),
      );
      const left = await database.sessionsBegun(from, new Date());
      const calmAfterMs = await untilCalm(struck.ledger);
      if (calmAfterMs === undefined)
        struck.ledger.violation(
          `requests were still refused ${CALM_WITHIN_MS / 1_000} s after the database took writes again`,
        );
      return `for ${seconds.toFixed(1)} s, and ${left} sessions left so; nothing refused after ${calmAfterMs ?? 'never'} ms`;
    },
  },
  {
    name: 'no connections to Postgres for the role',
    strike: async (struck) => {
      const { database } = struck.fleet;
      const seconds = struck.random.between(2, 5);
      await during(
        async () => {
          await database.limitConnections(0);
          await database.endSessions();
        },
        async () => {
          await demandHonesty(struck, 'the role could not connect');
          await sleep(seconds * 1_000);
        },
        () => database.limitConnections(-1),
      );
      return `for ${seconds.toFixed(1)} s`;
    },
  },
  {
    name: 'connections of Postgres used up',
    strike: async ({ fleet: { database }, random }) => {
      const seconds = random.between(2, 5);
      const cut = await database.endSessions();
      const { taken, release } = await database.useUpConnections();
      await sleep(seconds * 1_000);
      await release();
      return `${taken} taken for ${seconds.toFixed(1)} s, after ${cut} sessions were cut`;
    },
  },
];

const ON_STANDBY: Fault[] = [
  {
    name: 'failover of Postgres',
    strike: ({ fleet, random }) => fleet.database.failOver(random.between(200, 2_000)),
  },
];

const ON_REDIS: Fault[] = [
  {
    name: 'SIGKILL of Redis',
    strike: ({ fleet, random }) => killAndRestart(fleet.redis!.process, random, 5),
  },
  {
    name: 'SIGSTOP of Redis',
    strike: ({ fleet, random }) => freeze(fleet.redis!.process, random.between(1, 4)),
  },
  { name: 'FLUSHALL', strike: async ({ fleet }) => String(await redisCommand(fleet.redis!.url, 'FLUSHALL')) },
  {
    name: 'cut connections to Redis',
    strike: ({ fleet }) => Promise.resolve(`${fleet.redis!.proxy.cut()} connections`),
  },
];

const storeFault = (name: string, condition: StoreCondition, low: number, high: number): Fault => ({
  name,
  strike: async ({ fleet, random }) => {
    const { proxy } = fleet.store!;
    const before = proxy.harmed;
    const seconds = random.between(low, high);
    proxy.become(condition);
    await sleep(seconds * 1_000);
    proxy.become('works');
    return `for ${seconds.toFixed(1)} s, ${proxy.harmed - before} requests harmed`;
  },
});

const ON_STORE: Fault[] = [
  {
    name: 'store away',
    strike: async ({ fleet, random }) => {
      const seconds = random.between(3, 10);
      await fleet.store!.proxy.goAway();
      await sleep(seconds * 1_000);
      await fleet.store!.proxy.comeBack();
      return `for ${seconds.toFixed(1)} s`;
    },
  },
  storeFault('store that does not answer', 'silent', 2, 5),
  storeFault('slow store', 'slow', 3, 6),
  storeFault('store that answers 500 and 503', 'errors', 3, 8),
  storeFault('uploads to the store cut off', 'cuts uploads', 3, 8),
  storeFault('downloads from the store cut off', 'cuts downloads', 3, 8),
];

export interface Possible {
  redis: boolean;
  store: boolean;
  standby: boolean;
}

/** Every kind that is possible in turn, in an order that the seed decides, until there are enough. */
export function planFaults(count: number, possible: Possible, random: Random): Fault[] {
  const kinds = [
    ...ON_ANY,
    ...ON_POSTGRES,
    ...(possible.standby ? ON_STANDBY : []),
    ...(possible.redis ? ON_REDIS : []),
    ...(possible.store ? ON_STORE : []),
  ];
  const plan: Fault[] = [];
  while (plan.length < count) plan.push(...random.shuffled(kinds));
  return plan.slice(0, count);
}
