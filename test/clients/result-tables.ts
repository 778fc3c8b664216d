import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Cell, Outcome } from './cell';

const ROOT = resolve(__dirname, '../..');
const FILE = join(__dirname, 'results.json');
const PAGE = join(ROOT, 'docs/clients.md');
const BEGIN = '<!-- What follows is written by `npm run clients`. -->';

export type Results = Record<string, Outcome & { date: string }>;

/** Of every cell that worked when it ran last; those of cells that are gone are dropped when they are written. */
export const readResults = (): Results => JSON.parse(readFileSync(FILE, 'utf8')) as Results;

/** Writes them beside the cells, and as the tables of docs/clients.md in the order of the cells. */
export function writeResults(results: Results, cells: readonly Cell[]): void {
  const kept = cells.flatMap(({ name }) => (results[name] === undefined ? [] : [[name, results[name]]]));
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
  const parts = [...new Set(cells.map(({ part }) => part))];
  const tables = parts.map((part) => {
    const rows = cells.flatMap((cell) => {
      const result = cell.part === part ? results[cell.name] : undefined;
      return result === undefined
        ? []
        : [`| ${[cell.name, result.version, result.did, result.date].join(' | ')} |`];
    });
    return [
      '',
      `### ${part}`,
      '',
      '| what | version | what ran | when |',
      '| --- | --- | --- | --- |',
      ...rows,
    ];
  });
  const page = readFileSync(PAGE, 'utf8');
  const head = page.slice(0, page.indexOf(BEGIN));
  writeFileSync(PAGE, `${head}${[BEGIN, ...tables.flat(), ''].join('\n')}`);
  const prettier = join(ROOT, 'node_modules/prettier/bin/prettier.cjs');
  execFileSync(process.execPath, [prettier, '--write', '--log-level', 'warn', PAGE, FILE], { cwd: ROOT });
}
