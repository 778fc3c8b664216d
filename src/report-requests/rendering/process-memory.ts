import { readdir, readFile } from 'node:fs/promises';

const PAGE_SIZE = 4_096;

/** A process and all below it, by proc(5); the process alone where there is no such file system. */
export async function processTree(pid: number): Promise<number[]> {
  // Children are listed under the thread that started them.
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const children = await Promise.all(
    threads.map((thread) => readProc(`/proc/${pid}/task/${thread}/children`)),
  );
  const pids = children.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const below = await Promise.all(pids.map(processTree));
  return [pid, ...below.flat()];
}

/** Resident memory in bytes of a process and all below it; 0 where that is not known. */
export async function memoryOfTree(pid: number): Promise<number> {
  const pids = await processTree(pid);
  const all = await Promise.all(pids.map((each) => readProc(`/proc/${each}/statm`)));
  return all.reduce((sum, statm) => sum + Number(statm.split(' ')[1] ?? 0) * PAGE_SIZE, 0);
}

async function readProc(path: string): Promise<string> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
