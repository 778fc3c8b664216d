import { parseArgs } from 'node:util';

export interface ChaosOptions {
  jobs: number;
  faults: number;
  seed: number;
  redis: boolean;
  /** Jobs that may be unfinished at once: enough to keep every worker busy. */
  outstanding: number;
  /** A run that is not over by then has failed. */
  minutes: number;
}

/** @throws Error that says what is wrong with the command line */
export function readOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      jobs: { type: 'string', default: '1000' },
      faults: { type: 'string', default: '50' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      redis: { type: 'string', default: 'on' },
      outstanding: { type: 'string', default: '40' },
      minutes: { type: 'string', default: '45' },
    },
  });
  if (values.redis !== 'on' && values.redis !== 'off') throw new Error('--redis is on or off');
  return {
    jobs: natural('--jobs', values.jobs),
    faults: natural('--faults', values.faults),
    seed: natural('--seed', values.seed),
    redis: values.redis === 'on',
    outstanding: natural('--outstanding', values.outstanding),
    minutes: natural('--minutes', values.minutes),
  };
}

function natural(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} is a whole number`);
  return Number(text);
}
