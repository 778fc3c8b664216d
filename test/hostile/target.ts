import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { Scope } from '../../src/clients/scope';
import { relocatedClusterHome } from '../../src/embedded/postgres-cluster';
import { RunningProcess } from '../support/running-process';
import { freePort, waitFor } from '../support/services';

const ROOT = resolve(__dirname, '../..');
const START_WITHIN_MS = 180_000;
/** Longer than any answer may take; what takes longer hangs. */
const ANSWER_WITHIN_MS = 120_000;

/** An answer as it came: any status, any body. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface Call {
  /** `null`: none. Otherwise the text of an API key; by default that of the client of this case. */
  key?: string | null;
  headers?: Record<string, string>;
  /** Sent as it is; an object as JSON. */
  body?: object | string | Buffer | Readable;
}

export interface Figures {
  longestBlockMs: number;
  heapBytes: number;
}

/** The client of a case, with a key for everything but what operators do. */
export interface Tenant {
  id: string;
  key: string;
  keyId: string;
}

/** A task type whose work is done outside, by the cases themselves. */
export const HOSTILE_TASK = 'hostile.task';

const TENANT_SCOPES = Object.values(Scope).filter((scope) => scope !== Scope.Admin);

/**
 * The real service in a process of its own (`ROLE=all`, embedded Postgres and Redis) with a small heap and a probe in it.
 * Its limits by key are out of the way, so that what is refused is refused for what it is; those by address are as they
 * come.
 */
export class Target {
  readonly adminKey = randomBytes(24).toString('hex');
  readonly demoKey = randomBytes(24).toString('hex');
  private readonly folder = mkdtempSync(join(tmpdir(), 'order-reports-hostile-'));
  private readonly agent = new Agent({ keepAlive: true });
  private process: RunningProcess | undefined;
  private port = 0;
  private peakBytes = 0;
  /** What was sent, and what came back, in all. */
  requests = 0;
  largestAnswer = 0;
  largestProblem = 0;

  constructor(private readonly heapMegabytes: number) {
    // Postgres runs as a user of its own where we are root.
    chmodSync(this.folder, 0o711);
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  get isAlive(): boolean {
    return this.process?.isRunning === true;
  }

  get output(): string {
    return this.process?.output ?? '';
  }

  async start(): Promise<void> {
    this.port = await freePort();
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...(process.env['BROWSER_PATH'] && { BROWSER_PATH: process.env['BROWSER_PATH'] }),
      NODE_OPTIONS: `--max-old-space-size=${this.heapMegabytes}`,
      PROBE_SOCKET: join(this.folder, 'probe'),
      PORT: String(this.port),
      DATA_DIR: this.dataDir,
      ADMIN_API_KEY: this.adminKey,
      DEMO_API_KEY: this.demoKey,
      // Leases short enough that a process which stands still loses them.
      JOB_LEASE_SECONDS: '5',
      EXTERNAL_TASK_TYPES: HOSTILE_TASK,
      RATE_LIMIT_SUBMIT: '1000000',
      RATE_LIMIT_OTHER: '1000000',
      RATE_LIMIT_POLL: '1000000',
      LOG_LEVEL: 'warn',
    };
    rmSync(env.PROBE_SOCKET, { force: true });
    this.process = await RunningProcess.start(
      process.execPath,
      ['--require', join(__dirname, 'probe.cjs'), join(ROOT, 'dist/main.js')],
      { cwd: ROOT, env },
    );
    await waitFor(
      async () => {
        if (!this.isAlive) throw new Error(`The service ended at its start:\n${this.output}`);
        return (await this.call('GET', '/health/ready', { key: null })).status === 200;
      },
      { what: 'the service to be ready', timeoutMs: START_WITHIN_MS },
    );
    await this.figures();
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.notePeak();
    await this.process?.stop('SIGTERM');
  }

  async remove(): Promise<void> {
    this.agent.destroy();
    if (this.isAlive) await this.process?.stop('SIGKILL').catch(() => undefined);
    for (const path of [this.folder, relocatedClusterHome(this.dataDir)])
      rmSync(path, { recursive: true, force: true });
  }

  async newTenant(): Promise<Tenant> {
    const admin = { key: this.adminKey };
    const client = await this.json('POST', '/v1/clients', { ...admin, body: { name: randomUUID() } });
    const id = String(client['id']);
    const body = { name: 'hostile', scopes: TENANT_SCOPES };
    const made = await this.json('POST', `/v1/clients/${id}/keys`, { ...admin, body });
    return { id, key: String(made['key']), keyId: String(made['id']) };
  }

  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const answer = await this.send(method, path, call);
    this.note(answer);
    return answer;
  }

  private note({ status, body }: Answer): void {
    this.requests += 1;
    this.largestAnswer = Math.max(this.largestAnswer, body.length);
    if (status >= 400) this.largestProblem = Math.max(this.largestProblem, body.length);
  }

  private async send(method: string, path: string, { key, headers, body }: Call): Promise<Answer> {
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body) && !(body instanceof Readable);
    const sent = isJson ? JSON.stringify(body) : body;
    return new Promise((resolveAnswer, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.port,
          agent: this.agent,
          method,
          path,
          headers: {
            ...(typeof key === 'string' && { authorization: `Bearer ${key}` }),
            ...(isJson && { 'content-type': 'application/json' }),
            ...(sent !== undefined &&
              !(sent instanceof Readable) && { 'content-length': Buffer.byteLength(sent) }),
            ...headers,
          },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolveAnswer({
              status: answer.statusCode ?? 0,
              headers: Object.fromEntries(
                Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
              ),
              body: Buffer.concat(chunks),
            }),
          );
          answer.on('error', reject);
        },
      );
      asked.on('error', reject);
      if (sent instanceof Readable) sent.on('error', (error) => asked.destroy(error)).pipe(asked);
      else asked.end(sent);
    });
  }

  /** @throws Error when it is not a success in JSON */
  async json(method: string, path: string, call: Call): Promise<Record<string, unknown>> {
    const { status, body } = await this.call(method, path, call);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${body.toString().slice(0, 500)}`);
    return JSON.parse(body.toString()) as Record<string, unknown>;
  }

  /** Sends bytes as no HTTP client would, and reads until the server closes or says nothing more for a moment. */
  async raw(bytes: string | Buffer, quietMs = 1_000): Promise<Answer[]> {
    const socket = connect(this.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    await new Promise<void>((done) => {
      socket.setTimeout(quietMs, done);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => done());
      socket.on('close', () => done());
      socket.write(bytes);
    });
    socket.destroy();
    const answers = parseAnswers(Buffer.concat(chunks));
    for (const answer of answers) this.note(answer);
    return answers;
  }

  /** Follows a job to its end. */
  async ended(path: string, key: string, withinMs: number): Promise<Record<string, unknown>> {
    return waitFor(
      async () => {
        if (!this.isAlive) throw new Error('the process has ended');
        const job = await this.json('GET', path, { key });
        return ['COMPLETED', 'FAILED', 'CANCELLED'].includes(String(job['status'])) && job;
      },
      { what: `the end of ${path}`, timeoutMs: withinMs, everyMs: 750 },
    );
  }

  /** What the probe saw since it was asked before. */
  async figures(): Promise<Figures> {
    this.notePeak();
    const socket = connect(join(this.folder, 'probe'));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return JSON.parse(Buffer.concat(chunks).toString()) as Figures;
  }

  /** The most memory that the process ever had resident, in bytes. */
  get peak(): number {
    this.notePeak();
    return this.peakBytes;
  }

  private notePeak(): void {
    if (!this.isAlive || this.process === undefined) return;
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    this.peakBytes = Math.max(this.peakBytes, kilobytes * 1_024);
  }
}

/** The answers in what a server sent on one connection; those without a length are read to the end. */
function parseAnswers(bytes: Buffer): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = headers['content-length'] === undefined ? rest.length : Number(headers['content-length']);
    const from = end + 4;
    answers.push({
      status: Number(first.split(' ')[1]),
      headers,
      body: rest.subarray(from, from + length),
    });
    rest = rest.subarray(Math.min(rest.length, from + length));
  }
}
