import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** Faults of every kind; or only rolling restarts behind a balancer; or a store that is away for long. */
  mode: 'faults' | 'rolling' | 'store-away';
  jobs: number;
  faults: number;
  seed: number;
  redis: boolean;
  /** Files lie in an object store that faults can strike, or in a folder. */
  store: 's3' | 'file';
  /** Whether Postgres has a standby to fail over to, where the distribution's programs can be had. */
  failover: boolean;
  /** For how long the store is away in the mode `store-away`. */
  awaySeconds: number;
  /** Jobs that may be unfinished at once: enough to keep every worker busy. */
  outstanding: number;
  /** A run that is not over by then has failed. */
  minutes: number;
}

export const USAGE = `npm run chaos -- [options]

  --jobs N           reports to ask for (1000; 300 with --store-away; --rolling asks until its restarts are done)
  --faults N         faults to strike (50), of every kind in turn
  --seed N           decides which faults strike, and in which order; a random one is printed
  --redis on|off     off: no Redis for the whole run (on)
  --store s3|file    file: a folder holds the files, and no fault strikes the store (s3)
  --failover on|off  off: the embedded Postgres, without a standby (on, where the distribution's Postgres can be had)
  --outstanding N    reports that may be unfinished at once (40)
  --minutes N        a run that is not over by then has failed (45)

Instead of faults of every kind:

  --rolling          every API and worker is restarted in turn, three times, behind HAProxy, under 10 requests a second
  --store-away N     the store refuses all connections for N seconds

  --help             prints this

Exits with 0 when there was no violation, with 1 when there was, with 2 when a mode cannot be had on this machine.`;

/**
 * @returns `undefined` when only the usage is asked for
 * @throws Error that says what is wrong with the command line
 */
export function readOptions(args: string[]): ChaosOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      rolling: { type: 'boolean', default: false },
      'store-away': { type: 'string' },
      jobs: { type: 'string' },
      faults: { type: 'string', default: '50' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      redis: { type: 'string', default: 'on' },
      store: { type: 'string', default: 's3' },
      failover: { type: 'string', default: 'on' },
      outstanding: { type: 'string', default: '40' },
      minutes: { type: 'string', default: '45' },
    },
  });
  if (values.help) return undefined;
  const away = values['store-away'];
  if (values.rolling && away !== undefined)
    throw new Error('--rolling and --store-away are runs of their own');
  const store = oneOf('--store', values.store, ['s3', 'file']);
  if (away !== undefined && store === 'file') throw new Error('--store-away needs --store s3');
  return {
    mode: values.rolling ? 'rolling' : away === undefined ? 'faults' : 'store-away',
    jobs: natural('--jobs', values.jobs ?? (away === undefined ? '1000' : '300')),
    faults: natural('--faults', values.faults),
    seed: natural('--seed', values.seed),
    redis: oneOf('--redis', values.redis, ['on', 'off']) === 'on',
    store,
    failover: oneOf('--failover', values.failover, ['on', 'off']) === 'on',
    awaySeconds: natural('--store-away', away ?? '0'),
    outstanding: natural('--outstanding', values.outstanding),
    minutes: natural('--minutes', values.minutes),
  };
}

function natural(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} is a whole number`);
  return Number(text);
}

function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === text);
  if (value === undefined) throw new Error(`${name} is ${values.join(' or ')}`);
  return value;
}
