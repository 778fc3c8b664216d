import { statfs } from 'node:fs/promises';

/** There is too little room to begin. Trying again later makes sense. */
class DiskFullError extends Error {
  constructor(folder: string, needed: number, free: number) {
    super(`${folder} has ${free} bytes free, and ${needed} may be needed.`);
    this.name = 'DiskFullError';
  }
}

/**
 * A report that would fail at its end for want of room fails before its start.
 *
 * @throws DiskFullError
 */
export async function requireFreeSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes) throw new DiskFullError(folder, bytes, bavail * bsize);
}
