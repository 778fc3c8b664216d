import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DamagedFileError } from '../errors.ts';
import type { ReportFile } from '../report-file.ts';
import { UsageError } from './usage.ts';

/** Where files are saved: below a folder by their own names, or one of them under a name of its own. */
export class Destination {
  private readonly path: string;
  readonly isFolder: boolean;

  /** @throws UsageError for a path that is to be a folder, or below one, and there is none */
  constructor(path = '.') {
    this.path = path;
    this.isFolder = isFolder(path);
    const folder = /(?:^|[/\\])$/.test(path) ? path : dirname(path);
    if (!this.isFolder && !isFolder(folder))
      throw new UsageError(`--output: ${folder} is no folder to save files in`);
  }

  /**
   * Writes a file, whole or not at all.
   *
   * @returns where it is
   * @throws DamagedFileError when it is not the one of the digest
   */
  async save(file: ReportFile): Promise<string> {
    const path = this.isFolder ? join(this.path, file.name) : this.path;
    const part = `${path}.part`;
    try {
      await write(file, part);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    return path;
  }
}

async function write(file: ReportFile, path: string): Promise<void> {
  const hash = createHash('sha256');
  const reader = file.stream().getReader();
  try {
    const handle = await open(path, 'w');
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        hash.update(read.value);
        await handle.writeFile(read.value);
      }
    } finally {
      await handle.close();
    }
  } finally {
    // What cannot be written is not fetched either: the connection would keep us for its timeout.
    await reader.cancel();
  }
  if (hash.digest('hex') !== file.sha256) throw new DamagedFileError(`${file.name} arrived damaged.`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
