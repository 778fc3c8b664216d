import { Logger, OnModuleInit } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, open, readdir, rename, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
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
  StoreUnavailableError,
} from './artifact-store';
import { endingWithOutage } from './ending-with-outage';
import { Measure } from './measure';

/** Ends the names of files that are being written. */
const PART = '.part';

/** Reports and uploads hold what customers bought: they are for the user of the service alone. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Lies in the folder that is the store's. Where it is missing later, the folder is not the one that was there at the start: a
 * disk that is not mounted looks like an empty folder.
 */
const MARK = '.order-reports-store';

/** What a full disk, or a user's full quota of it, says. */
const FULL = ['ENOSPC', 'EDQUOT'];

/**
 * Where a file lies: in one of 65,536 folders, by its key's hash. File systems slow down, and some refuse, when one folder
 * has millions of entries.
 *
 * @param root absolute
 */
export function pathOfArtifact(root: string, key: string): string {
  const hash = createHash('sha256').update(key).digest('hex');
  const folder = join(root, hash.slice(0, 2), hash.slice(2, 4));
  return contained(folder, key);
}

function contained(folder: string, key: string): string {
  const path = resolve(folder, key);
  if (!path.startsWith(folder + sep)) throw new Error(`The artifact key ${key} leads out of its folder.`);
  return path;
}

/** Artifacts as files below one folder, which all processes must share, as the same user. */
export class FileArtifactStore extends ArtifactStore implements OnModuleInit {
  /** Once for a process: what is missing later is not made anew. */
  private prepared: Promise<void> | undefined;

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
    const { bavail, bsize } = await this.ask(() => statfs(this.root));
    const free = bavail * bsize;
    if (free < bytes)
      throw new StoreFullError({
        cause: new Error(`${free} bytes are free, and ${bytes} may be needed.`),
        neededBytes: bytes,
      });
  }

  async put(key: string, source: Readable, { maxBytes, signal }: PutOptions = {}): Promise<StoredArtifact> {
    const path = pathOfArtifact(this.root, key);
    const temporary = `${path}.${newId()}${PART}`;
    const measure = new Measure(maxBytes);
    try {
      await this.requireRoot();
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
      await writeDurably(temporary, () => measure.pass(signal ? addAbortSignal(signal, source) : source));
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      source.destroy();
      await rm(temporary, { force: true }).catch(() => undefined);
      // The source may be a file as well, on a disk that is full.
      const { sourceFailure } = measure;
      if (sourceFailure !== undefined && !isFull(sourceFailure.error)) throw sourceFailure.error;
      throw asOutage(error);
    }
    return { key, ...measure.result() };
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    return this.ask(async () => {
      // Opened before the answer begins, so that a missing file is still a proper problem.
      for (const path of this.pathsOf(key)) {
        const file = await open(path).catch((error: unknown) => {
          if (codeOf(error) !== 'ENOENT') throw error;
        });
        if (file !== undefined) return endingWithOutage(file.createReadStream({ ...range }), asOutage);
      }
      throw new ArtifactMissingError(key);
    });
  }

  async delete(key: string): Promise<void> {
    for (const path of this.pathsOf(key)) {
      await this.ask(() => removeWithParts(path));
      // The innermost folder goes with its last file; one that is not empty stays.
      await rmdir(dirname(path)).catch(() => undefined);
    }
  }

  async probe(access: 'read' | 'write'): Promise<void> {
    if (access === 'read') await this.ask(() => Promise.resolve());
    else
      await this.put(`probe/${newId()}`, Readable.from([Buffer.from('probe')])).then(({ key }) =>
        this.delete(key),
      );
  }

  /** Does something that needs the folder: an error of the file system is the store's, and not the caller's. */
  private async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      await this.requireRoot();
      return await question();
    } catch (error) {
      throw asOutage(error);
    }
  }

  private async requireRoot(): Promise<void> {
    this.prepared ??= this.prepare();
    await this.prepared.catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    await access(join(this.root, MARK));
  }

  private async prepare(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: FOLDER_MODE });
    await (await open(join(this.root, MARK), 'a', FILE_MODE)).close();
  }

  /** Where a file may be: what came before files were spread over folders lies where its key says. */
  private pathsOf(key: string): string[] {
    return [pathOfArtifact(this.root, key), contained(this.root, key)];
  }
}

async function removeWithParts(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const each of names) {
    const isPart = each.startsWith(`${name}.`) && each.endsWith(PART);
    if (each === name || isPart) await rm(join(folder, each), { force: true });
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

export const isFull = (error: unknown): boolean => FULL.includes(codeOf(error) ?? '');

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** What the system says of a file is the store's doing; anything else is passed on. */
function asOutage(error: unknown): unknown {
  if (isFull(error)) return new StoreFullError({ cause: error });
  const isOfSystem = (error as NodeJS.ErrnoException).errno !== undefined;
  return isOfSystem ? new StoreUnavailableError({ cause: error }) : error;
}
