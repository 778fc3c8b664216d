// Runs the benchmarks, or the parts that the arguments name: `npm run bench -- engine`. A part is a file of `bench/`
// without a dash in its name; it prints a table and writes bench/results/<part>.json.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const all = readdirSync('bench').flatMap((file) => /^([a-z]+)\.ts$/.exec(file)?.[1] ?? []);
const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !all.includes(part));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}. There is: ${all.join(', ')}.`);
  process.exit(2);
}
for (const part of asked.length > 0 ? asked : all) {
  console.log(`\n${part}`);
  const args = ['--require', './scripts/typescript.cjs', `bench/${part}.ts`];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
