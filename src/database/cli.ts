import 'reflect-metadata';
import { isInPlainWords } from '../config/app-config';
import { requiredDatabaseUrl } from '../config/process-environment';
import { explainDatabase } from './database-errors';
import { migrate, revertNewest, showMigrations } from './migrate';

const log = (line: string): void => console.log(line);

/** What `npm run migrate`, `migration:show` and `migration:revert` do with a database. */
const COMMANDS: Record<string, (url: string) => Promise<void>> = {
  migrate: async (url) => {
    if ((await migrate(url, log)) === 0) log('The schema was up to date already.');
  },
  show: async (url) => {
    for (const { name, hasRun } of await showMigrations(url)) log(`[${hasRun ? 'X' : ' '}] ${name}`);
  },
  revert: (url) => revertNewest(url, log),
};

async function main(name = ''): Promise<void> {
  const command = COMMANDS[name];
  if (command === undefined) throw new Error(`Say one of: ${Object.keys(COMMANDS).join(', ')}.`);
  await command(requiredDatabaseUrl()).catch(explainDatabase);
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(isInPlainWords(error) ? `\n${error.message}` : error);
  process.exitCode = 1;
});
