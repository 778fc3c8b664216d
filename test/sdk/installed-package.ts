import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../support/services';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');

/** The SDK as a project has it that installed it: packed, and installed from its tarball. */
export class InstalledPackage {
  /** Of the project. */
  readonly folder: string;
  readonly commandLine: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.commandLine = join(folder, 'node_modules/.bin/order-reports');
  }

  /** Once for all suites of a run, whose files are removed with it. */
  static async shared(): Promise<InstalledPackage> {
    const below = join(process.env['TEST_FILES_DIR']!, 'sdk-package');
    const ready = join(below, 'ready');
    if (mkdirSync(below, { recursive: true }) === undefined)
      await waitFor(() => existsSync(ready), {
        what: 'another suite to install the SDK',
        timeoutMs: 150_000,
      });
    else {
      await InstalledPackage.install(below);
      writeFileSync(ready, '');
    }
    return new InstalledPackage(join(below, 'project'));
  }

  /** @param below where the project is made, in a folder of its own */
  static async install(below: string): Promise<InstalledPackage> {
    // A copy of the sources: others may pack at the same time.
    const sources = join(below, 'repository');
    mkdirSync(sources, { recursive: true });
    for (const name of ['sdk', 'tsconfig.json'])
      cpSync(join(ROOT, name), join(sources, name), {
        recursive: true,
        filter: (path) => !/[/\\](dist|node_modules|python)$/.test(path),
      });
    symlinkSync(join(ROOT, 'node_modules'), join(sources, 'node_modules'));
    const packed = await run('npm', ['pack', '--json', '--loglevel=error'], { cwd: join(sources, 'sdk') });
    const filename = /"filename": "([^"]+)"/.exec(packed.stdout)?.[1];
    const folder = join(below, 'project');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}\n');
    await run(
      'npm',
      ['install', '--offline', '--no-audit', '--no-fund', join(sources, 'sdk', String(filename))],
      { cwd: folder },
    );
    rmSync(sources, { recursive: true });
    return new InstalledPackage(folder);
  }

  /** The packages that were installed: of the lockfile that npm wrote. */
  get packages(): string[] {
    const { packages } = JSON.parse(readFileSync(join(this.folder, 'package-lock.json'), 'utf8')) as {
      packages: object;
    };
    return Object.keys(packages).filter((path) => path !== '');
  }

  /** Compiles a program of the project under `strict`, without the types of Node unless they are asked for. */
  async compile(text: string, options: Record<string, unknown>): Promise<string> {
    const file = join(this.folder, 'program.ts');
    writeFileSync(file, text);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      target: 'ES2022',
      types: [],
      ...options,
    };
    writeFileSync(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['program.ts'] }),
    );
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    return run(process.execPath, [compiler, '--project', this.folder]).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
  }
}
