import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** Ids of the processes that are in one of these process groups and not merely waiting to be reaped. */
export async function processesOf(groups: number[]): Promise<number[]> {
  return (await allProcesses()).filter(({ group }) => groups.includes(group)).map(({ pid }) => pid);
}

/** Ids of the main processes of the browsers that a process has started, each the id of its process group too. */
export async function browsersOf(worker: number): Promise<number[]> {
  return (await allProcesses())
    .filter(({ pid, parent, group }) => parent === worker && group === pid)
    .map(({ pid }) => pid);
}

/** Those of them that pages live in. */
export async function pagesOf(groups: number[]): Promise<number[]> {
  const pids = await processesOf(groups);
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
  );
  return pids.filter((_, index) => commands[index]?.includes('--type=renderer'));
}

/** Folders that browsers of this process have left or use. */
export async function profiles(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`order-reports-browser-${process.pid}-`));
}

async function allProcesses(): Promise<{ pid: number; parent: number; group: number }[]> {
  const found = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // After the name in parentheses: state, parent, group (proc_pid_stat(5)).
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state !== 'Z') found.push({ pid: Number(name), parent: Number(parent), group: Number(group) });
  }
  return found;
}
