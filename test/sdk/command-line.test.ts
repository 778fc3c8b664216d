import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { CallbackVerifier } from '../../sdk/src/index.ts';
import { distributionProgram } from '../support/distribution-program';
import { RunningProcess } from '../support/running-process';
import { submitScript, withScripts } from '../support/scripted-app';
import { freePort, waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { gates } from '../support/test-jobs';
import { answer, TestReceiver } from '../webhooks/test-receiver';
import { InstalledPackage } from './installed-package';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const DAYS = ['--from', '2016-01-01', '--to', '2017-01-01'];
/** Of whatever a minute is not enough for. */
const ENDED_WITHIN_MS = 150_000;
const ORDERS = `number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price
A-1,2016-03-01,paid,EUR,Ana,SKU,Lamp,1,10.00
`;

let app: TestApp;
let sdk: InstalledPackage;
let receiver: TestReceiver;
let clientId: string;
let key: string;
let folder: string;
/** Tries for a minute, beside all tests. */
let unanswered: Promise<Ended>;

beforeAll(async () => {
  [app, sdk] = await Promise.all([TestApp.start({}, undefined, withScripts), InstalledPackage.shared()]);
  ({ id: clientId, key } = await app.client('command line'));
  receiver = await TestReceiver.start();
  unanswered = ended(['watch', 'x'], { ORDER_REPORTS_URL: `http://127.0.0.1:${await freePort()}` });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'order-reports-cli-'));
  receiver.ledger.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(async () => {
  await receiver.stop();
  await app.stop();
});

const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  ORDER_REPORTS_KEY: key,
  ORDER_REPORTS_URL: app.url,
  ORDER_REPORTS_WEBHOOK_SECRET: SECRET,
});

const start = (args: string[], variables: NodeJS.ProcessEnv = {}): Promise<RunningProcess> =>
  RunningProcess.start(sdk.commandLine, args, { cwd: folder, env: { ...environment(), ...variables } });

interface Ended {
  code: number | string;
  output: string;
}

async function ended(args: string[], variables?: NodeJS.ProcessEnv): Promise<Ended> {
  const running = await start(args, variables);
  const code = await running.exited(ENDED_WITHIN_MS);
  return { code, output: running.output };
}

const submit = (...attempts: Parameters<typeof submitScript>[2][]): Promise<string> =>
  submitScript(app, clientId, ...attempts);

/** The id of the event of a job, once the feed has it. */
const eventOf = (jobId: string): Promise<string> =>
  waitFor(
    async () => {
      for (let after = ''; ;) {
        const { body } = await app.call('GET', `/v1/events?page_size=100&after=${after}`, { key });
        const found = body.data.find(({ job_id }: { job_id: string }) => job_id === jobId);
        if (found || body.next_cursor === null) return found?.id as string | undefined;
        after = body.next_cursor;
      }
    },
    { what: `the event of job ${jobId}` },
  );

const jobOf = (body: Buffer): string => (JSON.parse(body.toString()) as { data: { id: string } }).data.id;
const jobsAt = (path: string): string[] => receiver.at(path).map(({ body }) => jobOf(body));

describe('order-reports', () => {
  it.each([[[]], [['--help']], [['listen', '-h']]])('says what it can do: %j', async (args) => {
    const { code, output } = await ended(args, { ORDER_REPORTS_KEY: '' });
    expect(code).toBe(0);
    for (const command of ['report', 'watch', 'import', 'listen', 'replay'])
      expect(output).toContain(`order-reports ${command}`);
  });

  it.each([
    [['fetch'], {}, 'There is no command fetch'],
    [['report', '--form', 'x'], {}, "Unknown option '--form'"],
    [['report'], {}, 'Say which orders'],
    [['report', '--from', '2016-01-01', '--body', '{"format":"csv"}'], {}, 'Say which orders'],
    [['report', ...DAYS, '--body', '[]'], {}, '--body must be a JSON object'],
    [['report', ...DAYS, '--output', 'no/such/file.pdf'], {}, 'no/such is no folder'],
    [['report', ...DAYS, '--output', 'out/'], {}, 'out/ is no folder'],
    [['report', ...DAYS, '--output', '/dev/null/'], {}, '/dev/null/ is no folder'],
    [['report', ...DAYS, '--format', 'csv,pdf', '--output', 'a.csv'], {}, '--output must be a folder'],
    [['watch'], {}, 'Say which job'],
    [['import', 'no-such-file.csv'], {}, 'no-such-file.csv cannot be read'],
    [['import', '.'], {}, '. cannot be read as a file'],
    [['import', '/dev/null'], {}, '/dev/null cannot be read as a file'],
    [['listen'], {}, 'Say where the receiver is'],
    [['listen', 'localhost:4000'], {}, 'Say where the receiver is'],
    [['listen', 'http://localhost:4000'], { ORDER_REPORTS_WEBHOOK_SECRET: 'x' }, 'must be a secret: whsec_'],
    [['replay', 'http://localhost:4000'], {}, 'Say which events'],
    [['replay', 'http://localhost:4000', '--since', 'monday'], {}, '--since must be a time'],
    [['report', ...DAYS], { ORDER_REPORTS_KEY: '' }, 'Put your API key into ORDER_REPORTS_KEY'],
    [['report', ...DAYS], { ORDER_REPORTS_KEY: 'ork_…' }, 'ORDER_REPORTS_KEY must be printable ASCII'],
    [['report', ...DAYS], { ORDER_REPORTS_KEY: 'ork_1\n' }, 'ORDER_REPORTS_KEY must be printable ASCII'],
    [['report', ...DAYS], { ORDER_REPORTS_URL: 'localhost:3000' }, 'ORDER_REPORTS_URL must be the address'],
  ])('%j ends with 2 and says why', async (args, variables, message) => {
    const { code, output } = await ended(args, variables);
    expect(output).toContain(message);
    expect(output).toContain('`order-reports help` has all commands.');
    expect(code).toBe(2);
  });

  it.each<[number, string, () => Promise<string[]>]>([
    [0, 'when a job completed', async () => ['watch', await submit('succeed')]],
    [1, 'when a job failed', async () => ['watch', await submit('fail for good')]],
    [
      1,
      'when a file cannot be saved',
      () => {
        mkdirSync(join(folder, 'of-2016.pdf.part'));
        return Promise.resolve(['report', ...DAYS, '--output', 'of-2016.pdf']);
      },
    ],
    [1, 'when an event is not there', () => Promise.resolve(['replay', receiver.url(), clientId])],
    [2, 'for a command that is none', () => Promise.resolve(['fetch'])],
    [3, 'when the service refuses', () => Promise.resolve(['watch', clientId])],
  ])('ends with %i %s', async (code, _when, argumentsOf) => {
    const { code: seen, output } = await ended(await argumentsOf());
    expect([seen, output]).toEqual([code, expect.stringMatching(/\S/)]);
  });

  it('names the request that was refused, and tries again while nobody answers until it is interrupted', async () => {
    const refused = await ended(['report', '--from', '2016-02-30', '--to', '2017-01-01']);
    expect(refused.output).toMatch(/start_date must be a date.*\(invalid_request, request [0-9a-f-]{36}\)/);
    expect(refused.code).toBe(3);
    expect(await ended(['watch', 'x'], { ORDER_REPORTS_KEY: 'no-such-key' })).toMatchObject({ code: 3 });
    const away = await start(['watch', 'x'], { ORDER_REPORTS_URL: `http://127.0.0.1:${await freePort()}` });
    await away.waitForOutput(/got no answer from http:.*ECONNREFUSED.*tried again for a minute/);
    away.signal('SIGINT');
    expect(await away.exited()).toBe(130);
  });
});

describe('order-reports report', () => {
  it('saves the files of all formats, and says where', async () => {
    const { code, output } = await ended(['report', ...DAYS, '--format', 'csv,ndjson', '--title', 'Of 2016']);
    expect(code).toBe(0);
    const [, id] = /^Report ([0-9a-f-]{36})$/m.exec(output) ?? [];
    expect(output).toMatch(/^100 % {2}completed$/m);
    expect(readdirSync(folder).sort()).toEqual([`orders-${id}.csv`, `orders-${id}.ndjson`]);
    expect(output.trim().split('\n').slice(-2).sort()).toEqual(readdirSync(folder).sort());
    const { artifacts } = (await app.call('GET', `/v1/jobs/${id}`, { key })).body.result;
    const csv = readFileSync(join(folder, `orders-${id}.csv`));
    expect(createHash('sha256').update(csv).digest('hex')).toBe(artifacts[0].sha256);
    // Another time, from its id.
    const refused = await ended(['watch', String(id), '--output', 'one.csv']);
    expect([refused.code, refused.output]).toEqual([2, expect.stringContaining('--output must be a folder')]);
    const again = await ended(['watch', String(id), '--output', '.']);
    expect([again.code, readdirSync(folder)]).toEqual([0, [`orders-${id}.csv`, `orders-${id}.ndjson`]]);
  });

  it('has what changed since another one, of no days', async () => {
    const whole = await app.call('POST', '/v1/orders/reports', {
      key,
      body: { start_date: '2016-01-01', end_date: '2017-01-01', format: 'csv' },
      headers: { Accept: 'application/json', Prefer: 'wait=50' },
    });
    const body = JSON.stringify({ changed_since: whole.body.result.as_of });
    mkdirSync(join(folder, 'out'));
    const changes = await ended(['report', '--body', body, '--format', 'csv', '--output', 'out/']);
    expect([changes.code, readdirSync(join(folder, 'out')).length, changes.output]).toEqual([
      0,
      1,
      expect.any(String),
    ]);
  });

  it('draws a bar on a terminal', async () => {
    const script = await distributionProgram({ name: 'script', folder: '/usr/bin', log: () => undefined });
    const typed = `'${sdk.commandLine}' report ${DAYS.join(' ')} --format csv --output of-2016.csv`;
    const running = await RunningProcess.start(script.path, ['-qec', typed, '/dev/null'], {
      cwd: folder,
      env: { ...environment(), ...script.env, TERM: 'xterm' },
    });
    expect(await running.exited()).toBe(0);
    expect(running.output).toContain(`\r\u001b[K${'█'.repeat(30)} 100 %  completed\r\n`);
    expect(readdirSync(folder)).toEqual(['of-2016.csv']);
  });
});

describe('order-reports watch', () => {
  it('follows a job, and ends with 1 when it failed', async () => {
    const running = await start(['watch', await submit('wait')]);
    await running.waitForOutput(/50 % {2}second/);
    gates.release();
    expect(await running.exited()).toBe(0);
    expect(running.output).toMatch(/\{\s+"attempt": 1\s+\}/);
    const failed = await ended(['watch', await submit('fail for good')]);
    expect(failed.code).toBe(1);
    expect(failed.output).toContain('This can never work.');
  });

  it('ends with 130 when it is interrupted, and the job goes on', async () => {
    const id = await submit('wait');
    const running = await start(['watch', id]);
    await running.waitForOutput(/50 % {2}second/);
    running.signal('SIGINT');
    expect(await running.exited()).toBe(130);
    gates.release();
    await waitFor(
      async () => (await app.call('GET', `/v1/jobs/${id}`, { key })).body.status === 'COMPLETED',
      { what: 'the job to complete' },
    );
  });
});

describe('what cannot be written', () => {
  const shell = async (command: string): Promise<string> => {
    const script = `set -o pipefail; '${sdk.commandLine}' ${command}; echo "ended with $?"`;
    const running = await RunningProcess.start('bash', ['--norc', '-c', script], {
      cwd: folder,
      env: environment(),
    });
    expect(await running.exited()).toBe(0);
    return running.output;
  };

  it.each(['| true', '2>&1 | true'])('ends without a word where nobody reads it: %s', async (pipe) => {
    expect(await shell(`watch ${await submit('succeed')} ${pipe}`)).toMatch(
      pipe.startsWith('2') ? /^ended with 141\n$/ : /^(?!.*(EPIPE| at )).*ended with 141\n$/s,
    );
  });

  it('says so where there is no room', async () => {
    const output = await shell(`watch ${await submit('succeed')} >/dev/full`);
    expect(output).toMatch(/^The output cannot be written: ENOSPC.*\nended with 1\n$/m);
  });
});

describe('order-reports import', () => {
  it('imports a file, and says which rows are wrong', async () => {
    writeFileSync(join(folder, 'orders.csv'), ORDERS);
    const good = await ended(['import', 'orders.csv', '--on-conflict', 'skip']);
    expect(good.output).toContain('"created": 1');
    expect(good.code).toBe(0);
    const trial = await ended(['import', 'orders.csv', '--on-conflict', 'skip', '--dry-run']);
    expect([trial.code, trial.output]).toEqual([0, expect.stringContaining('"dry_run": true')]);
    writeFileSync(join(folder, 'orders.csv'), ORDERS.replace('2016-03-01', 'never'));
    const bad = await ended(['import', 'orders.csv']);
    expect(bad.output).toMatch(/^row 2, ordered_at: ordered_at must be/m);
    expect(bad.code).toBe(1);
    const order = {
      number: 'N-1',
      ordered_at: '2016-01-02T10:30:00Z',
      currency: 'EUR',
      customer_name: 'Ana',
      lines: [{ sku: 'LAMP', description: 'Lamp', quantity: '1', unit_price: '19.95' }],
    };
    writeFileSync(join(folder, 'orders.ndjson.gz'), gzipSync(JSON.stringify(order)));
    const packed = await ended(['import', 'orders.ndjson.gz', '--dry-run']);
    expect(packed.output).toContain('"format": "ndjson"');
    expect([packed.code, packed.output]).toEqual([0, expect.stringContaining('"compression": "gzip"')]);
    const unknown = await ended(['import', 'orders.csv', '--on-conflict', 'replace']);
    expect([unknown.code, unknown.output]).toEqual([3, expect.stringContaining('on_conflict must be')]);
  });
});

describe('order-reports listen', () => {
  const keptIs = async (id: string): Promise<void> => {
    const path = join(folder, 'cursor');
    await waitFor(() => existsSync(path) && readFileSync(path, 'utf8') === `${id}\n`, { what: 'the cursor' });
  };

  it('sends what happens from now on, signed as the service signs, and goes on where it was', async () => {
    const before = await eventOf(await submit('succeed'));
    const first = await start(['listen', receiver.url(), '--cursor', 'cursor']);
    await first.waitForOutput(/signed by ORDER_REPORTS_WEBHOOK_SECRET/);
    await keptIs(before);
    await submit('succeed');
    const event = await waitFor(() => receiver.at()[0], { what: 'an event' });
    expect(await new CallbackVerifier({ keys: [SECRET] }).verify(event.headers, event.body)).toBe(
      await eventOf(jobOf(event.body)),
    );
    expect(event.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'order-reports-callbacks/1',
    });
    const { body: feed } = await app.call('GET', '/v1/events?newest=true', { key });
    await keptIs(feed.data[0].id as string);
    first.signal('SIGINT');
    expect(await first.exited()).toBe(130);
    const had = jobsAt('/hook');

    const missed = [await submit('succeed'), await submit('succeed')];
    for (const id of missed) await eventOf(id);
    const second = await start(['listen', receiver.url(), '--cursor', 'cursor']);
    await waitFor(() => receiver.at().length === had.length + 2, { what: 'what was missed' });
    expect(jobsAt('/hook').slice(-2).sort()).toEqual(missed.sort());
    await second.stop('SIGINT');
  });

  it('goes on where it began, though it was interrupted before the first event of all', async () => {
    const { id: quietId, key: quietKey } = await app.client('quiet');
    const listening = ['listen', receiver.url(), '--cursor', 'cursor'];
    const first = await start(listening, { ORDER_REPORTS_KEY: quietKey });
    await keptIs('');
    await first.stop('SIGINT');
    const missed = await submitScript(app, quietId, 'succeed');
    await waitFor(
      async () => (await app.call('GET', '/v1/events', { key: quietKey })).body.data.length === 1,
      { what: 'the first event' },
    );
    const second = await start(listening, { ORDER_REPORTS_KEY: quietKey });
    await waitFor(() => receiver.at().length > 0, { what: 'what was missed' });
    expect(jobsAt('/hook')).toEqual([missed]);
    await second.stop('SIGINT');
    const kept = readFileSync(join(folder, 'cursor'), 'utf8');
    const refused = await ended([...listening, '--after', clientId], { ORDER_REPORTS_KEY: quietKey });
    expect([refused.code, readFileSync(join(folder, 'cursor'), 'utf8')]).toEqual([3, kept]);
  });

  it('waits for a receiver that is not there, and sends again what was not taken', async () => {
    const port = await freePort();
    const listening = await start(['listen', `http://127.0.0.1:${port}/late`, '--cursor', 'cursor']);
    await listening.waitForOutput(/Events go to/);
    await waitFor(
      async () => {
        await eventOf(await submit('succeed'));
        return /no answer/.test(listening.output);
      },
      { what: 'an event that nobody takes', everyMs: 500 },
    );
    const [, event] = await listening.waitForOutput(/^(\S+) .*no answer/m);
    // Longer than all attempts at a receiver that is there and refuses.
    await sleep(5_000);
    const had: unknown[] = [];
    const late = createServer(({ headers }, response) => {
      had.push(headers['webhook-id']);
      response.writeHead(had.length === 1 ? 500 : 204).end();
    }).listen(port, '127.0.0.1');
    await once(late, 'listening');
    try {
      await listening.waitForOutput(/no answer[^]*500 in[^]*204 in/);
      expect(had.slice(0, 2)).toEqual([event, event]);
    } finally {
      late.close();
      late.closeAllConnections();
      await listening.stop('SIGINT');
    }
  });

  it('gives up on a receiver that is there and drops the connection', async () => {
    let dropped = 0;
    const dropping = createServer(({ socket }) => {
      dropped += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(dropping, 'listening');
    const { port } = dropping.address() as AddressInfo;
    const before = await eventOf(await submit('succeed'));
    await submit('succeed');
    const listening = await start(['listen', `http://127.0.0.1:${port}/`, '--after', before]);
    try {
      await listening.waitForOutput(/Not taken; to send it again/);
      expect(dropped).toBe(4);
    } finally {
      dropping.close();
      await listening.stop('SIGINT');
    }
  });
});

describe('order-reports replay', () => {
  it('sends the events that are named, or all of a type or a time', async () => {
    const jobs = [await submit('succeed'), await submit('fail for good'), await submit('succeed')];
    const events: string[] = [];
    for (const id of jobs) events.push(await eventOf(id));
    const one = await ended(['replay', receiver.url('/one'), events[1]!]);
    expect([one.code, one.output]).toEqual([0, expect.stringContaining('1 event sent')]);
    expect(jobsAt('/one')).toEqual([jobs[1]]);
    await ended(['replay', receiver.url('/type'), '--type', 'test.scripted.failed']);
    expect(jobsAt('/type')).toContain(jobs[1]);
    expect(jobsAt('/type')).not.toContain(jobs[0]);
    const { timestamp } = JSON.parse(receiver.at('/one')[0]!.body.toString()) as { timestamp: string };
    const until = await ended(['replay', receiver.url('/until'), '--until', timestamp]);
    expect(until.code).toBe(0);
    expect(jobsAt('/until')).not.toContain(jobs[1]);
    await ended(['replay', receiver.url('/since'), '--since', timestamp]);
    expect(jobsAt('/since')).toContain(jobs[1]);
  });

  it('ends with 1 for what is not taken, or is not there', async () => {
    const event = await eventOf(await submit('succeed'));
    receiver.on('/no', answer(500));
    const refused = await ended(['replay', receiver.url('/no'), event]);
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('1 of them were not taken')]);
    expect(receiver.at('/no')).toHaveLength(4);
    expect(new Set(receiver.at('/no').map(({ headers }) => headers['webhook-id']))).toEqual(new Set([event]));
    const absent = await ended(['replay', receiver.url('/one'), clientId]);
    expect([absent.code, absent.output]).toEqual([1, expect.stringContaining('There is no such event')]);
  });
});

// The last: it has been waiting since the first began.
it('ends with 4 when nobody answers for a minute', async () => {
  expect(await unanswered).toEqual({ code: 4, output: expect.stringMatching(/\S/) });
});
