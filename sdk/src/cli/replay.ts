import { parseArgs } from 'node:util';
import type { FeedEvent } from '../types.ts';
import type { Command } from './command.ts';
import { LocalReceiver, NotTakenError } from './local-receiver.ts';
import { note } from './terminal.ts';
import { UsageError } from './usage.ts';

/** Sends events of the past again. */
export const replay: Command = async (client, args, signal) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { since: { type: 'string' }, until: { type: 'string' }, type: { type: 'string' } },
  });
  const [url, ...ids] = positionals;
  const { type } = values;
  const [since, until] = [timeOf('since', values.since), timeOf('until', values.until)];
  if (url !== undefined && ids.length === 0 && Object.keys(values).length === 0)
    throw new UsageError('Say which events: their ids, --type, --since or --until');
  const receiver = new LocalReceiver(url, 'replay');
  const isWanted = (event: FeedEvent): boolean => {
    const at = Date.parse(event.timestamp);
    return (
      (ids.length === 0 || ids.includes(event.id)) &&
      (type === undefined || event.type === type) &&
      (since === undefined || at >= since) &&
      (until === undefined || at < until)
    );
  };
  const sent = new Set<string>();
  let refused = 0;
  for await (const event of client.events.list({ signal })) {
    if (!isWanted(event)) continue;
    sent.add(event.id);
    if (!(await receiver.send(event, false, signal))) refused += 1;
    if (sent.size === ids.length) break;
  }
  note(`${sent.size} ${sent.size === 1 ? 'event' : 'events'} sent`);
  const missing = ids.filter((id) => !sent.has(id));
  if (missing.length > 0) throw new NotTakenError(`There is no such event: ${missing.join(', ')}`);
  if (refused > 0) throw new NotTakenError(`${refused} of them were not taken.`);
};

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new UsageError(`--${name} must be a time: 2026-11-27T10:00:00Z`);
  return time;
}
