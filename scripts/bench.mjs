// Runs the benchmarks, or those that the arguments name: `npm run bench -- http delivery`. Each part is a file of bench/
// without a hyphen in its name; it prints a table and writes bench/results/<part>.json.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const parts = readdirSync('bench')
  .filter((file) => /^[a-z]+\.ts$/.test(file))
  .map((file) => file.slice(0, -'.ts'.length));
const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !parts.includes(part));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; there are: ${parts.join(', ')}.`);
  process.exit(2);
}

let failed = 0;
for (const part of asked.length > 0 ? asked : parts) {
  console.log(`\n# ${part}`);
  const { status } = spawnSync(
    process.execPath,
    ['--require', './scripts/typescript.cjs', `bench/${part}.ts`],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
