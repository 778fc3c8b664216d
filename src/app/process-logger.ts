import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { logContext } from '../common/log-context';
import type { AppConfig } from '../config/app-config';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug'];

/** What Nest logs of every module and route at every start; for debugging only. */
const CHATTER = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/**
 * Logs to the standard output: one JSON object a line with its time in ISO 8601, or coloured text on a terminal. Each line
 * has the ids of the request or the job that it was written in.
 */
export class ProcessLogger extends ConsoleLogger {
  constructor(config: Pick<AppConfig, 'logLevel'>) {
    super({
      json: !process.stdout.isTTY,
      logLevels: LEVELS.slice(0, LEVELS.indexOf(config.logLevel) + 1),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(String(rest.at(-1)))) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }

  protected override getJsonLogObject(
    ...args: Parameters<ConsoleLogger['getJsonLogObject']>
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    const line = { ...super.getJsonLogObject(...args), ...Object.fromEntries(knownIds()) };
    return Object.assign(line, { timestamp: new Date(line.timestamp).toISOString() });
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const ids = knownIds().map(([name, id]) => `${name}=${id}`);
    return [super.stringifyMessage(message, logLevel), ...ids].join(' ');
  }
}

const knownIds = (): [string, string][] =>
  Object.entries(logContext()).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
