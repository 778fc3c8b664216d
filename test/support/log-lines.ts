import { Logger } from '@nestjs/common';
import { logContext, type LogContext } from '../../src/common/log-context';

type LogLine = { message: string } & LogContext;

/** The warnings of this process from now on, with the ids that they are logged with, until `restore`. */
export function collectWarnings(): { lines: LogLine[]; restore: () => void } {
  const lines: LogLine[] = [];
  const warn = jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((message: string) => lines.push({ message, ...logContext() }));
  return { lines, restore: () => warn.mockRestore() };
}
