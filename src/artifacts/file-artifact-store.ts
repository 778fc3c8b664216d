import { Logger, OnModuleInit } from '@nestjs/common';
import type { StatsFs } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
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

/** Reports and uploads hold what customers bought: they are for the user of the service alone. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Artifacts as files below one folder, which all processes must share, as the same user. */
export class FileArtifactStore extends ArtifactStore implements OnModuleInit {
  constructor(private readonly root: string) {
    super();
  }

  /** A folder that is there already may be open to others; once it is closed, so is all that lies inside. */
  async onModuleInit(): Promise<void> {
    await chmod(this.root, FOLDER_MODE).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      new Logger(FileArtifactStore.name).warn(
        `Other users of this machine may be able to read the files in ${this.root}: ${String(error)}`,
      );
    });
  }

  async requireRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await this.fileSystem();
    if (bavail * bsize < bytes) throw new StoreFullError({ needed: bytes, free: bavail * bsize });
  }

  async put(key: string, source: Readable, { maxBytes, signal }: PutOptions = {}): Promise<StoredArtifact> {
    const path = this.pathOf(key);
    const temporary = `${path}.${newId()}${PART}`;
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
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
      await mkdir(this.root, { recursive: true, mode: FOLDER_MODE });
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
  const file = await open(path, 'w', FILE_MODE);
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
