// Brings a clone to where it can run: packages installed, sources compiled. Runs before every start and every test
// run, so it looks before it works, and uses nothing but Node, because it runs before anything is installed.
// With --packages it compiles nothing, for what runs the sources themselves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './setup-lock.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const installMark = join(root, 'node_modules/.installed-for');
const buildMark = join(root, 'dist/.built-from');

process.chdir(root);
try {
  checkNodeVersion(JSON.parse(readFileSync('package.json', 'utf8')).engines.node);
  const isReady = process.argv.includes('--packages') ? isInstalled : () => isInstalled() && isBuilt();
  if (!isReady()) {
    await withLock(join(root, '.cache/setup.lock'), async () => {
      if (!isInstalled()) await install();
      if (!isReady()) await build();
    });
  }
} catch (error) {
  console.error(`\nsetup: ${error.message}`);
  process.exit(1);
}

/** Understands what our own package.json uses: `^1.2.3` and `>=1.2.3`, joined by `||`. */
function checkNodeVersion(range) {
  const current = process.versions.node.split('.').map(Number);
  const supported = range.split('||').some((part) => {
    const [, operator, version] = /^\s*(\^|>=)([\d.]+)\s*$/.exec(part);
    const wanted = version.split('.').map(Number);
    const differing = current.findIndex((number, index) => number !== wanted[index]);
    const atLeast = differing === -1 || current[differing] > wanted[differing];
    return atLeast && (operator === '>=' || current[0] === wanted[0]);
  });
  if (!supported) {
    throw new Error(
      `this needs Node ${range}, and runs on ${process.versions.node}. Install a supported version from https://nodejs.org.`,
    );
  }
}

function installKey() {
  return hash([readFileSync('package-lock.json'), process.platform, process.arch]);
}

function isInstalled() {
  if (readMark(installMark) === installKey()) return true;
  if (!matchesLockfile()) return false;
  writeFileSync(installMark, installKey());
  return true;
}

/** After an `npm install` by hand everything may be in place already: npm notes what it installed, in the lockfile's form. */
function matchesLockfile() {
  const noted = 'node_modules/.package-lock.json';
  if (!existsSync(noted)) return false;
  const { packages: installed } = JSON.parse(readFileSync(noted, 'utf8'));
  const { packages: wanted } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const sameVersion = (path) => installed[path]?.version === wanted[path]?.version;
  return (
    Object.keys(installed).every(sameVersion) &&
    Object.keys(wanted).every((path) => path === '' || wanted[path].optional || sameVersion(path))
  );
}

async function install() {
  console.log('setup: installing packages (npm ci), which takes a minute or more ...');
  const started = Date.now();
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  // The compiler is a development package, and Postgres an optional one: whatever the environment says, both are needed.
  await run(
    'installing packages',
    [...npm, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      PUPPETEER_SKIP_DOWNLOAD: 'true',
    },
  );
  writeFileSync(installMark, installKey());
  console.log(`setup: packages installed in ${seconds(started)}`);
}

function buildKey() {
  const sources = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];
  return hash([...settings, ...sources].flatMap((path) => [path, readFileSync(path)]));
}

function isBuilt() {
  return readMark(buildMark) === buildKey();
}

async function build() {
  console.log('setup: compiling ...');
  const started = Date.now();
  const key = buildKey();
  // From nothing: the output of a source that is gone must not stay, and with the compiler's notes of an earlier
  // output it would write none.
  rmSync('dist', { recursive: true, force: true });
  rmSync('tsconfig.build.tsbuildinfo', { force: true });
  await run('compiling', [process.execPath, 'node_modules/@nestjs/cli/bin/nest.js', 'build']);
  writeFileSync(buildMark, key);
  console.log(`setup: compiled in ${seconds(started)}`);
}

/** Says every ten seconds that it is still at work. */
async function run(what, [command, ...args], env = {}) {
  const started = Date.now();
  const reminder = setInterval(() => console.log(`setup: still ${what} (${seconds(started)}) ...`), 10_000);
  try {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    const [status, signal] = await once(child, 'exit');
    if (status !== 0)
      throw new Error(`"${[command, ...args].join(' ')}" failed (${signal ?? `exit code ${status}`})`);
  } finally {
    clearInterval(reminder);
  }
}

function readMark(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function hash(parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('hex');
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
