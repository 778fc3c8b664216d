import { ConsoleLogger, LogLevel } from '@nestjs/common';
import type { AppConfig } from '../config/app-config';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug'];

/** What Nest tells of every module and route at every start; for debugging only. */
const CHATTER = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
]);

/** Logs to the standard output: one JSON object a line, or coloured text on a terminal. */
export class ProcessLogger extends ConsoleLogger {
  constructor(config: AppConfig) {
    super({
      json: !process.stdout.isTTY,
      logLevels: LEVELS.slice(0, LEVELS.indexOf(config.logLevel) + 1),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(String(rest.at(-1)))) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}
