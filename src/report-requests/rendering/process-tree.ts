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
  // Children are listed under the thread that started them. In a browser's main process that may be any; the others start
  // theirs under their first, and reading a dozen threads of each would take as long as a print.
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  return [pid, ...(await below(pid, threads))];
}

async function below(pid: number, threads: (string | number)[]): Promise<number[]> {
  const lists = await Promise.all(threads.map((thread) => readProc(`/proc/${pid}/task/${thread}/children`)));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const grandchildren = await Promise.all(children.map((child) => below(child, [child])));
  return [...children, ...grandchildren.flat()];
}

/** Memory in bytes that a process and all below it have for themselves, without files that they share; 0 where that is not known. */
export async function memoryOfTree(pid: number): Promise<number> {
  const pids = await processTree(pid);
  const all = await Promise.all(pids.map((each) => readProc(`/proc/${each}/statm`)));
  return all.reduce((sum, statm) => {
    const [, resident = 0, shared = 0] = statm.split(' ').map(Number);
    return sum + (resident - shared) * PAGE_SIZE;
  }, 0);
}

async function readProc(path: string): Promise<string> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
