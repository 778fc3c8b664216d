import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readmeBodies } from './readme-bodies';

const execute = promisify(execFile);
const ROOT = resolve(__dirname, '../..');
const ADAPTERS = join(__dirname, 'adapters');
const WITHIN_MS = 300_000;

export interface Generator {
  /** The file of adapters/ that calls what is generated. */
  readonly adapter: string;
  /** The Node that runs it, where that is not ours. */
  readonly node?: string;
  /** What its own documentation says to run, in the folder of `openapi.json`: writes into `generated/`. */
  readonly command: readonly string[];
  /** Files that the command reads, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Beside those of adapters/tsconfig.json, where what is generated needs more. */
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
}

/**
 * Generates a client from the document of a running service, compiles README's calls with it under `strict`, and goes
 * with it through submit, follow, download, cancel and import.
 *
 * @param folder made anew; the packages of the generator are found from there
 * @throws Error with what the generator, the compiler or the calls printed
 */
export async function walkWithGeneratedClient(
  { adapter, node = process.execPath, command, files = {}, compilerOptions = {} }: Generator,
  folder: string,
  service: { url: string; key: string },
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const document = await (await fetch(`${service.url}/openapi.json`)).text();
  writeFileSync(join(folder, 'openapi.json'), document);
  writeFileSync(join(folder, 'readme.ts'), readmeBodies(JSON.parse(document) as { paths: object }));
  cpSync(join(__dirname, 'walk.ts'), join(folder, 'walk.ts'));
  cpSync(join(ADAPTERS, `${adapter}.ts`), join(folder, 'calls.ts'));
  cpSync(join(ADAPTERS, 'tsconfig.json'), join(folder, 'tsconfig.base.json'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: './tsconfig.base.json', compilerOptions }),
  );
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);

  await run('The generator', node, [...command], folder);
  await run(
    'The compiler',
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', folder],
    folder,
  );
  await run(
    'The calls',
    process.execPath,
    ['--require', join(ROOT, 'scripts/typescript.cjs'), join(folder, 'calls.ts')],
    ROOT,
    { ORDER_REPORTS_URL: service.url, ORDER_REPORTS_KEY: service.key },
  );
}

async function run(who: string, program: string, args: string[], cwd: string, variables = {}): Promise<void> {
  const env = { ...process.env, ...variables };
  await execute(program, args, { cwd, env, timeout: WITHIN_MS, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${who} failed: ${(stdout + stderr).trim() || String(error)}`, { cause: error });
    },
  );
}
