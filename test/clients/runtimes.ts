import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { walkInBrowser } from './browser-walk';
import type { Cell, CellContext } from './cell';
import { installedSdk } from './installed-sdk';
import { versionOf } from './packages';
import { distributionPython } from './python';
import { FOLLOWED, Ways } from './ways';

const execute = promisify(execFile);
const PROGRAMS = join(__dirname, 'programs');
const WITHIN_MS = 180_000;
const WALKED = 'import, submit, follow by stream, wait and poll, download, verify a callback, cancel';

interface Runtime {
  readonly name: string;
  /** Of test/clients/package.json. */
  readonly package: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Whether the command line runs in it, too. */
  readonly hasCommandLine: boolean;
}

const node = (version: number): Runtime => ({
  name: `Node ${version}`,
  package: `node-${version}`,
  program: 'bin/node',
  args: [],
  hasCommandLine: true,
});

const RUNTIMES: readonly Runtime[] = [
  node(20),
  node(22),
  node(24),
  {
    name: 'Deno',
    package: '@deno/linux-x64-glibc',
    program: 'deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual'],
    hasCommandLine: false,
  },
  { name: 'Bun', package: '@oven/bun-linux-x64', program: 'bin/bun', args: [], hasCommandLine: false },
];

async function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  await execute(command, args, { cwd, env, timeout: WITHIN_MS });
}

async function alongAllWays<T>({ service, key }: CellContext, work: (ways: Ways) => Promise<T>): Promise<T> {
  const ways = await Ways.to(service.url, key);
  try {
    return await work(ways);
  } finally {
    await ways.close();
  }
}

/** What every program finds in its environment. */
const variables = (key: string, urls: readonly string[]): NodeJS.ProcessEnv => ({
  HOME: process.env['HOME'],
  PATH: process.env['PATH'],
  ORDER_REPORTS_KEY: key,
  ORDER_REPORTS_URL: urls[0],
  WALK_URLS: JSON.stringify(urls),
});

/** A report by the command line, in a folder of its own. */
async function saveReport(
  program: string,
  commandLine: string,
  env: NodeJS.ProcessEnv,
  below: string,
): Promise<void> {
  const folder = mkdtempSync(join(below, 'command-line-'));
  try {
    await run(program, [commandLine, 'report', '--from', '2016-01-01', '--to', '2017-01-01'], folder, env);
    const files = readdirSync(folder);
    if (files.length !== 1 || !/^orders-.*\.pdf$/.test(files[0]!))
      throw new Error(`order-reports report saved ${files.join(', ') || 'nothing'}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const settings = {
  CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
  CORS_ORIGINS: '*',
  EXTERNAL_TASK_TYPES: FOLLOWED,
};

const runtimeCell = (runtime: Runtime): Cell => ({
  part: 'Languages and runtimes',
  name: `TypeScript SDK in ${runtime.name}`,
  settings,
  run: async (context) => {
    const program = join(context.packages, 'node_modules', runtime.package, runtime.program);
    if (!existsSync(program)) throw new Error(`${runtime.package} is not for this machine.`);
    const sdk = await installedSdk(context.packages);
    for (const name of ['walk.mjs', 'walk-here.mjs'])
      copyFileSync(join(PROGRAMS, name), join(sdk.folder, name));
    await alongAllWays(context, async ({ urls }) => {
      const env = variables(context.key, urls);
      await run(program, [...runtime.args, join(sdk.folder, 'walk-here.mjs')], sdk.folder, env);
      if (runtime.hasCommandLine) await saveReport(program, sdk.commandLine, env, sdk.folder);
    });
    return {
      version: `${versionOf('order-reports', sdk.folder)} in ${versionOf(runtime.package, context.packages)}`,
      did: WALKED + (runtime.hasCommandLine ? '; `order-reports report`' : ''),
    };
  },
});

const PYTHON: Cell = {
  part: 'Languages and runtimes',
  name: 'Python SDK',
  settings,
  run: (context) =>
    alongAllWays(context, async ({ urls }) => {
      const { path, env, version } = await distributionPython();
      const program = join(PROGRAMS, 'walk.py');
      await run(path, ['-B', program], PROGRAMS, { ...variables(context.key, urls), ...env });
      return { version, did: WALKED };
    }),
};

const BROWSER: Cell = {
  part: 'Languages and runtimes',
  name: 'TypeScript SDK in a browser, from a page of another origin',
  settings,
  run: (context) =>
    alongAllWays(context, async ({ urls }) => {
      const sdk = await installedSdk(context.packages);
      const browser = await walkInBrowser({ sdk, urls, key: context.key, dataDir: context.packages });
      return {
        version: `${versionOf('order-reports', sdk.folder)} in ${browser}`,
        did: `${WALKED}; with a token of one job: follow, download`,
      };
    }),
};

export const LANGUAGES_AND_RUNTIMES: Cell[] = [...RUNTIMES.map(runtimeCell), BROWSER, PYTHON];
