import { parseArgs } from 'node:util';
import type { Cell } from './cell';
import { CELLS } from './cells';
import { LiveService } from './live-service';
import { installPackages } from './packages';
import { readResults, writeResults } from './result-tables';

/** `--only text` runs the cells whose name has it. */
function chosenCells(args: string[]): Cell[] {
  const { values } = parseArgs({ args, options: { only: { type: 'string', default: '' } } });
  return CELLS.filter(({ name }) => name.includes(values.only));
}

async function main(): Promise<boolean> {
  const cells = chosenCells(process.argv.slice(2));
  if (cells.length === 0) {
    console.error(`No such cell; there are:\n${CELLS.map(({ name }) => `  ${name}`).join('\n')}`);
    return false;
  }
  const log = (line: string): void => console.log(`          ${line}`);
  const packages = await installPackages(log);
  const results = readResults();
  const services = new Map<string, Promise<LiveService>>();
  const serviceWith = (settings: Cell['settings'] = {}): Promise<LiveService> => {
    const known = JSON.stringify(settings);
    const service = services.get(known) ?? LiveService.start(settings);
    services.set(known, service);
    return service;
  };
  const removeServices = async (): Promise<void> => {
    for (const service of services.values())
      await service.then(
        (started) => started.remove(),
        () => undefined,
      );
  };
  const interrupted = (): void => void removeServices().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  let failed = 0;
  try {
    for (const cell of cells) {
      const started = performance.now();
      const seconds = (): string => `${((performance.now() - started) / 1_000).toFixed(0)} s`;
      try {
        const service = await serviceWith(cell.settings);
        const key = await service.client(cell.name);
        const outcome = await cell.run({ service, key, packages, log });
        results[cell.name] = { ...outcome, date: new Date().toISOString().slice(0, 10) };
        console.log(`works     ${cell.name} ${outcome.version} (${seconds()})`);
      } catch (error) {
        failed += 1;
        Reflect.deleteProperty(results, cell.name);
        console.log(`FAILS     ${cell.name} (${seconds()})\n${String(error)}`);
      }
    }
  } finally {
    await removeServices();
  }
  writeResults(results, CELLS);
  console.log(`\n${cells.length - failed} of ${cells.length} work`);
  return failed === 0;
}

main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
