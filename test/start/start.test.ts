import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { MortalRedis } from '../support/mortal-redis';
import { RunningProcess } from '../support/running-process';
import { freePort, waitFor } from '../support/services';
import { createTestDatabase } from '../support/test-database';
import { makeDataDir, removeDataDir } from '../support/test-data-dir';

const run = promisify(execFile);
const MAIN = join(__dirname, '../../dist/main.js');

let dataDir: string;
let port: number;

/** What `npm start` runs once everything is built. */
const start = (variables: Record<string, string> = {}): Promise<RunningProcess> =>
  RunningProcess.start(process.execPath, [MAIN], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      HOME: dataDir,
      PORT: String(port),
      DATA_DIR: join(dataDir, 'data'),
      ...variables,
    },
  });

/** A process and everything below it. */
function family(pid: number): number[] {
  const table = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/).map(Number) as [number, number]);
  const below = (parent: number): number[] =>
    table.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...below(child)]);
  return [pid, ...below(pid)];
}

const runs = (pid: number): boolean => {
  try {
    // A zombie that waits for its parent has ended.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

beforeAll(async () => {
  dataDir = makeDataDir();
  port = await freePort();
});

afterAll(() => removeDataDir(dataDir));

it('starts from nothing, its printed lines give a PDF, and Ctrl-C leaves nothing; again it finds its data, and one search in its log follows a report', async () => {
  const first = await start();
  await first.waitForOutput(/Ctrl-C stops everything/, 120_000);
  const toPaste = /^ {2}KEY=[\s\S]*?^ {2}curl -sSL.*$/m.exec(first.output)![0];
  const { stdout } = await run('bash', ['-c', toPaste], { cwd: dataDir });
  expect(stdout).toContain('orders-2016.pdf');
  expect(readFileSync(join(dataDir, 'orders-2016.pdf')).subarray(0, 5).toString()).toBe('%PDF-');

  const members = family(first.pid);
  expect(members.length).toBeGreaterThan(4);
  // Twice, as under `npm start`: from the terminal, and from npm, which passes it on.
  first.signalGroup('SIGINT');
  await waitFor(() => first.output.includes('SIGINT: stopping.'), { what: 'the stop to begin' });
  first.signalGroup('SIGINT');
  expect(await first.exited()).toBe(0);
  await waitFor(() => !members.some(runs), { what: 'everything to be gone' });

  const receiver = createHttpServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port: receives } = receiver.address() as AddressInfo;
  const second = await start({ CALLBACK_ALLOWED_ADDRESSES: '127.0.0.1/32' });
  await second.waitForOutput(/Ctrl-C stops everything/, 120_000);
  const key = /KEY='([^']+)'/.exec(second.output)![1]!;
  expect(first.output).toContain(key);
  const call = (path: string, options: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...options,
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        'X-Request-Id': 'request-of-this-test',
      },
    });
  const jobs = (await (await call('/v1/jobs')).json()) as { data: { status: string }[] };
  expect(jobs.data.map(({ status }) => status)).toEqual(['COMPLETED']);

  const body = JSON.stringify({
    start_date: '2016-01-01',
    end_date: '2016-02-01',
    callback_url: `http://127.0.0.1:${receives}/hook?token=never-logged`,
  });
  const accepted = await call('/v1/orders/reports?signature=never-logged', { method: 'POST', body });
  expect(accepted.status).toBe(202);
  const { id } = (await accepted.json()) as { id: string };
  await waitFor(() => second.output.includes(': delivered in '), { what: 'the line of its callback' });
  expect(await second.stop()).toBe(0);
  receiver.close();
  const lines = second.output
    .slice(second.output.indexOf('Ctrl-C stops everything.') + 'Ctrl-C stops everything.'.length)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
  for (const { timestamp } of lines) expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const ofJob = lines.filter(({ job_id }) => job_id === id);
  expect(ofJob.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^POST \/v1\/orders\/reports 202 in \d+ ms$/),
    expect.stringMatching(/ended COMPLETED after [\d.]+ s$/),
    expect.stringMatching(
      new RegExp(`^Attempt 1 of delivery \\S+ to http://127.0.0.1:${receives}: delivered in \\d+ ms$`),
    ),
  ]);
  for (const line of ofJob) expect(line).toMatchObject({ level: 'log', request_id: 'request-of-this-test' });
  expect(second.output).not.toContain('never-logged');
});

it('says in plain words that its port is in use', async () => {
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  try {
    const running = await start();
    expect(await running.exited(60_000)).toBe(1);
    expect(running.output).toContain(`The port ${port} is in use by another program.`);
  } finally {
    other.close();
  }
});

it('names every URL that is none at once, without the password that it holds, before anything is made', async () => {
  const secret = 'secret-of-a-url';
  const running = await start({
    DATABASE_URL: `postgres://orders:${secret}/slash@127.0.0.1:5432/orders`,
    REDIS_URL: `redis://orders:${secret}#hash@127.0.0.1:6379`,
    STORAGE_URL: `file://host/${secret}`,
    PUBLIC_URL: `http://127.0.0.1/?token=${secret}`,
    DATA_DIR: join(dataDir, 'never-made'),
  });
  expect(await running.exited(60_000)).toBe(1);
  const [, head, ...faults] = running.output.trimEnd().split('\n');
  expect(head).toBe('Could not start. The configuration is not valid:');
  expect(faults.map((fault) => fault.split(' must be ')[0])).toEqual([
    '  - PUBLIC_URL',
    '  - DATABASE_URL',
    '  - REDIS_URL',
    '  - STORAGE_URL',
  ]);
  expect(running.output).not.toContain(secret);
  expect(existsSync(join(dataDir, 'never-made'))).toBe(false);
});

it('shows the password of its Redis to nobody, whether that refuses it or not', async () => {
  const redis = await MortalRedis.start();
  const database = await createTestDatabase();
  const secret = 'secret-of-the-queue';
  const url = new URL(redis.url);
  const right = url.password;
  try {
    for (const password of [secret, right]) {
      url.password = password;
      const running = await start({ DATABASE_URL: database.url, REDIS_URL: url.href, LOG_LEVEL: 'debug' });
      await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok, {
        what: 'the process to serve',
      });
      if (password === secret) await running.waitForOutput(/Redis is away: .*WRONGPASS/);
      expect(await running.stop()).toBe(0);
      expect(running.output).not.toContain(password);
      expect(running.output).not.toContain(new URL(database.url).password);
    }
  } finally {
    await redis.stop();
    await database.drop();
  }
});

it('says in plain words that its database cannot be reached, and which variable names it', async () => {
  const secret = 'secret-of-the-database';
  const running = await start({
    DATABASE_URL: `postgres://orders:${secret}@127.0.0.1:${await freePort()}/orders`,
    REDIS_URL: 'redis://127.0.0.1:1',
  });
  expect(await running.exited(60_000)).toBe(1);
  expect(running.output).toContain('The database that DATABASE_URL names cannot be used: ');
  expect(running.output).not.toContain(secret);
});

it.each([
  [
    'has no connection left',
    (_name: string, role: string) => `ALTER ROLE ${role} CONNECTION LIMIT 0`,
    /too many/,
  ],
  [
    'is read-only',
    (name: string) => `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
    /read-only/,
  ],
  [
    'lets its role make no table',
    (_name: string, role: string) =>
      `ALTER SCHEMA public OWNER TO CURRENT_USER; GRANT USAGE ON SCHEMA public TO ${role}`,
    /permission denied for schema public/,
  ],
  ['has no schema for its role', () => 'DROP SCHEMA public', /no schema has been selected/],
])('says in plain words that its database %s', async (_what, statement, reason) => {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  const name = url.pathname.slice(1);
  const role = `role_${name}`;
  const operator = new Client({ connectionString: database.url });
  await operator.connect();
  try {
    await operator.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await operator.query(`ALTER DATABASE ${name} OWNER TO ${role}`);
    // Without tables yet: the start has something to write.
    await operator.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION ${role}`);
    await operator.query(statement(name, role));
    Object.assign(url, { username: role, password: 'secret' });
    const running = await start({ DATABASE_URL: url.href, REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await running.exited(60_000)).toBe(1);
    expect(running.output).toMatch(
      /^Could not start\. The database that DATABASE_URL names cannot be used: /m,
    );
    expect(running.output).toMatch(reason);
    expect(running.output).not.toMatch(/^ +at /m);
  } finally {
    await operator.end();
    await database.drop();
  }
});
