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
  // Nothing, as the feed has it, where there has been no event yet: then all that come are new.
  const after = values.after ?? kept ?? (await client.events.newest(signal))?.id ?? '';
  if (cursor !== undefined) {
    // What is no event of the feed is refused before it stands in the file.
    await client.events.list({ after, signal }).next();
    // Not only with the first event: those that happen between this run and the next are not lost.
    keep(cursor, after);
  }
  for await (const event of client.events.follow({ after, signal })) {
    if (!(await receiver.send(event, true, signal)))
      note(`Not taken; to send it again: order-reports replay URL ${event.id}`);
    if (cursor !== undefined) keep(cursor, event.id);
  }
};

const keep = (path: string, id: string): void => writeFileSync(path, `${id}\n`);

/** @returns the id in the file, '' before the first event; `undefined` where there is no file yet, or an empty one */
function keptIn(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return text === '' ? undefined : text.trim();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw new UsageError(`${path} cannot be read`);
  }
}
