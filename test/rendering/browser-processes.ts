import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** Ids of the processes that are in one of these process groups and not merely waiting to be reaped. */
export async function processesOf(groups: number[]): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // After the name in parentheses: state, parent, group (proc_pid_stat(5)).
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (groups.includes(Number(group)) && state !== 'Z') found.push(Number(name));
  }
  return found;
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
