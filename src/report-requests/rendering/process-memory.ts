import { readFile } from 'node:fs/promises';

const PAGE_SIZE = 4_096;

/** Resident memory in bytes of a process and all below it, by proc(5); 0 where there is no such file system. */
export async function memoryOfTree(pid: number): Promise<number> {
  const [statm, children] = await Promise.all([
    readProc(`/proc/${pid}/statm`),
    readProc(`/proc/${pid}/task/${pid}/children`),
  ]);
  const own = Number(statm.split(' ')[1] ?? 0) * PAGE_SIZE;
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(memoryOfTree));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

async function readProc(path: string): Promise<string> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
