import { readdir, readFile } from 'node:fs/promises';

/** Ends a group of processes at once, also one that hangs or is stopped; nothing if there is none with this leader. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ids of processes that were started with this argument, by proc(5); none where there is no such file system. */
export async function processesWith(argument: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return command.split('\0').includes(argument);
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}

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
