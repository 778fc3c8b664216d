#!/usr/bin/env node
import { ApiError, ConnectionError } from '../errors.ts';
import { addressOf, isApiKey } from '../http-client.ts';
import { OrderReports } from '../order-reports.ts';
import type { Command } from './command.ts';
import { importFile } from './import.ts';
import { listen } from './listen.ts';
import { replay } from './replay.ts';
import { report, watch } from './report.ts';
import { endWithOutput, note, print } from './terminal.ts';
import { USAGE, UsageError } from './usage.ts';

const COMMANDS = new Map<string, Command>(
  Object.entries({ report, watch, import: importFile, listen, replay }),
);
/** People wait before a terminal: they see sooner than programs that the service is away. */
const RETRY_FOR_SECONDS = 60;

const interruption = new AbortController();
// Once: what does not end then is ended by the next.
process.once('SIGINT', () => interruption.abort());

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === 'help' || [name, ...args].some(isHelp)) {
    print(USAGE);
    return;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) throw new UsageError(`There is no command ${name}`);
  const { ORDER_REPORTS_KEY: apiKey, ORDER_REPORTS_URL: baseUrl = 'http://localhost:3000' } = process.env;
  if (!apiKey) throw new UsageError('Put your API key into ORDER_REPORTS_KEY');
  if (!isApiKey(apiKey))
    throw new UsageError('ORDER_REPORTS_KEY must be printable ASCII without spaces around it');
  if (addressOf(baseUrl) === undefined)
    throw new UsageError('ORDER_REPORTS_URL must be the address of the service: http://localhost:3000');
  let isRetried = false;
  const client = new OrderReports({
    baseUrl,
    apiKey,
    retryForSeconds: RETRY_FOR_SECONDS,
    onRetry: ({ message }) => {
      if (!isRetried) note(`${message} (tried again for a minute)`);
      isRetried = true;
    },
  });
  await command(client, args, interruption.signal);
}

const isHelp = (argument: string): boolean => argument === '--help' || argument === '-h';

function exitCodeOf(error: unknown): number {
  if (interruption.signal.aborted) return 130;
  // What `parseArgs` does not know.
  const { code } = error as { code?: unknown };
  if (error instanceof UsageError || String(code).startsWith('ERR_PARSE_ARGS')) return 2;
  if (error instanceof ApiError) return 3;
  return error instanceof ConnectionError ? 4 : 1;
}

function textOf(error: unknown): string {
  if (error instanceof ApiError && error.requestId !== undefined)
    return `${error.message} (${error.code ?? error.status}, request ${error.requestId})`;
  return error instanceof Error ? error.message : String(error);
}

endWithOutput();
main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = exitCodeOf(error);
  if (process.exitCode === 130) return;
  note(textOf(error));
  if (process.exitCode === 2) note('`order-reports help` has all commands.');
});
