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
