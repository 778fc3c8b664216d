import { openAsBlob } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type ImportOptions, mediaTypeOfName } from '../imports.ts';
import { JobEndedError } from '../job-handle.ts';
import { type Command, followed } from './command.ts';
import { note, print } from './terminal.ts';
import { UsageError } from './usage.ts';

/** Imports a file of orders, follows it, and prints what came of it. */
export const importFile: Command = async (client, args, signal) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'on-conflict': { type: 'string' },
      preset: { type: 'string' },
      'dry-run': { type: 'boolean' },
    },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1)
    throw new UsageError('Say which file: order-reports import FILE');
  const file = await opened(path);
  const { 'on-conflict': on_conflict, preset, 'dry-run': dry_run } = values;
  const accepted = await client.imports.create(file, {
    mediaType: mediaTypeOfName(path),
    // What these may be is known to the service, which says so.
    ...({ on_conflict, preset, dry_run } as Pick<ImportOptions, 'on_conflict' | 'preset' | 'dry_run'>),
    signal,
  });
  note(`Import ${accepted.id}`);
  try {
    await followed(accepted, signal);
  } catch (error) {
    if (error instanceof JobEndedError) {
      const { row_errors } = await accepted.result();
      for (const { row, field, message } of row_errors)
        note(`row ${row}${field === null ? '' : `, ${field}`}: ${message}`);
    }
    throw error;
  }
  print(JSON.stringify((await accepted.result()).result, null, 2));
};

/** Only of files: a folder opens and cannot be read, and a pipe looks empty. */
async function opened(path: string): Promise<Blob> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isFile()) return await openAsBlob(path);
  } catch {
    // Said below.
  }
  throw new UsageError(`${path} cannot be read as a file`);
}
