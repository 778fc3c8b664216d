import type { StatsFs } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { newId } from '../common/ids';
import {
  ArtifactMissingError,
  ArtifactStore,
  ByteRange,
  PutOptions,
  StoredArtifact,
  StoreFullError,
} from './artifact-store';
import { Measure } from './measure';

/** Ends the names of files that are being written. */
const PART = '.part';

/** Artifacts as files below one folder, which all processes must share. */
export class FileArtifactStore extends ArtifactStore {
  constructor(private readonly root: string) {
    super();
  }

  async requireRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await this.fileSystem();
    if (bavail * bsize < bytes) throw new StoreFullError({ needed: bytes, free: bavail * bsize });
  }

  async put(key: string, source: Readable, { maxBytes, signal }: PutOptions = {}): Promise<StoredArtifact> {
    const path = this.pathOf(key);
    const temporary = `${path}.${newId()}${PART}`;
    await mkdir(dirname(path), { recursive: true });
    const measure = new Measure(maxBytes);
    try {
      await writeDurably(temporary, () => measure.pass(signal ? addAbortSignal(signal, source) : source));
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      source.destroy();
      await rm(temporary, { force: true });
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
        throw new StoreFullError(undefined, { cause: error });
      throw error;
    }
    return { key, ...measure.result() };
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    try {
      // Opened before the answer begins, so that a missing file is still a proper problem.
      const file = await open(this.pathOf(key));
      return file.createReadStream({ ...range });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ArtifactMissingError(key);
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    const [folder, name] = [dirname(path), basename(path)];
    const names = await readdir(folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    for (const each of names) {
      const isPart = each.startsWith(`${name}.`) && each.endsWith(PART);
      if (each === name || isPart) await rm(join(folder, each), { force: true });
    }
    // The folder of a job goes with its last file; one that is not empty stays.
    await rmdir(folder).catch(() => undefined);
  }

  private async fileSystem(): Promise<StatsFs> {
    try {
      return await statfs(this.root);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(this.root, { recursive: true });
      return statfs(this.root);
    }
  }

  private pathOf(key: string): string {
    const path = resolve(this.root, key);
    if (!path.startsWith(this.root + sep)) throw new Error(`The artifact key ${key} leads out of the store.`);
    return path;
  }
}

/** Without a stream of its own: that costs a small file as much as its writing. */
async function writeDurably(path: string, chunks: () => AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeFile(file, chunks());
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
