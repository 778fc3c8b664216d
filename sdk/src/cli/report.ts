import { parseArgs } from 'node:util';
import type { OrderReports } from '../order-reports.ts';
import type { ReportFormat } from '../reports.ts';
import type { Job, ReportRequest } from '../types.ts';
import { type Command, followed } from './command.ts';
import { Destination } from './saved-file.ts';
import { note, print } from './terminal.ts';
import { UsageError } from './usage.ts';

/** Asks for a report, follows it, and saves its files. */
export const report: Command = async (client, args, signal) => {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      format: { type: 'string' },
      title: { type: 'string' },
      body: { type: 'string', default: '{}' },
      output: { type: 'string' },
    },
  });
  const { from, to, format, title, body, output } = values;
  const request = {
    ...jsonObject(body),
    ...(from !== undefined && { start_date: from }),
    ...(to !== undefined && { end_date: to }),
    ...(format !== undefined && { formats: format.split(',') }),
    ...(title !== undefined && { title }),
  } as ReportRequest;
  const { start_date, end_date, changed_since } = request;
  // What else is wrong with them the service says.
  if (changed_since === undefined && (start_date === undefined || end_date === undefined))
    throw new UsageError('Say which orders: order-reports report --from 2016-01-01 --to 2017-01-01');
  const destination = new Destination(output);
  requireRoom(destination, request.formats?.length ?? 1);
  const accepted = await client.reports.create(request, { signal });
  note(`Report ${accepted.id}`);
  await save(client, await followed(accepted, signal), destination, signal);
};

/** Follows a job to its end. */
export const watch: Command = async (client, args, signal) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { output: { type: 'string' } },
  });
  const [id] = positionals;
  if (id === undefined || positionals.length > 1)
    throw new UsageError('Say which job: order-reports watch JOB');
  const { output } = values;
  const destination = output === undefined ? undefined : new Destination(output);
  const job = await followed(client.jobs.get(id), signal);
  if (destination === undefined) print(JSON.stringify(job.result, null, 2));
  else await save(client, job, destination, signal);
};

/** Prints where each file of the report is. */
async function save(
  client: OrderReports,
  { id, result }: Job,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const { artifacts = [{}] } = (result ?? {}) as { artifacts?: { format?: ReportFormat }[] };
  requireRoom(destination, artifacts.length);
  for (const { format } of artifacts)
    print(await destination.save(await client.reports.get(id).file(format, { signal })));
}

function requireRoom(destination: Destination, files: number): void {
  if (files > 1 && !destination.isFolder)
    throw new UsageError('--output must be a folder for files of several formats');
}

function jsonObject(text: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new UsageError('--body must be a JSON object');
}
