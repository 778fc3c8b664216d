import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { LocalReceiver } from './local-receiver.ts';
import { note } from './terminal.ts';
import { UsageError } from './usage.ts';

/** Sends events to a receiver on this machine as they happen, until it is interrupted. */
export const listen: Command = async (client, args, signal) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { after: { type: 'string' }, cursor: { type: 'string' } },
  });
  const { cursor } = values;
  const receiver = new LocalReceiver(positionals.length > 1 ? undefined : positionals[0], 'listen');
  const kept = cursor === undefined ? undefined : keptIn(cursor);
  const after = values.after ?? kept ?? (await client.events.newest(signal))?.id;
  for await (const event of client.events.follow({ ...(after !== undefined && { after }), signal })) {
    if (!(await receiver.send(event, true, signal)))
      note(`Not taken; to send it again: order-reports replay URL ${event.id}`);
    if (cursor !== undefined) writeFileSync(cursor, `${event.id}\n`);
  }
};

/** @returns the id in the file; `undefined` where there is no file yet */
function keptIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new UsageError(`${path} cannot be read`);
  }
}
