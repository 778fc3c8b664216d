import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface Found {
  pid: number;
  parent: number;
  isMain: boolean;
}

/** The Chromium processes whose profile lies below a folder: those of this run, and of no other program. */
export function browsersBelow(folder: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1');
        if (!command.includes(folder) || !readlinkSync(`/proc/${name}/exe`).match(/chrom|headless/i))
          return [];
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        return [{ pid: Number(name), parent: Number(parent), isMain: !command.includes('--type=') }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}
