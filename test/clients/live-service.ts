import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Scope } from '../../src/clients/scope';
import { relocatedClusterHome } from '../../src/embedded/postgres-cluster';
import { RunningProcess } from '../support/running-process';
import { freePort, waitFor } from '../support/services';

const ROOT = resolve(__dirname, '../..');
const START_WITHIN_MS = 180_000;

/** The real service as `npm start` has it: one process with a Postgres, a Redis and a Chromium, and the sample orders. */
export class LiveService {
  private readonly adminKey = randomBytes(24).toString('hex');
  readonly demoKey = randomBytes(24).toString('hex');
  private readonly dataDir: string;
  private process: RunningProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly variables: NodeJS.ProcessEnv,
  ) {
    this.dataDir = join(folder, 'data');
  }

  /** @param variables beside those of a first `npm start` */
  static async start(variables: NodeJS.ProcessEnv = {}): Promise<LiveService> {
    const folder = mkdtempSync(join(tmpdir(), 'order-reports-clients-'));
    // Postgres runs as a user of its own where we are root.
    chmodSync(folder, 0o711);
    const service = new LiveService(folder, await freePort(), variables);
    await service.launch();
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it logged since it was launched. */
  get output(): string {
    return this.process?.output ?? '';
  }

  /** Starts it, again after it was killed: the data are those of before. */
  async launch(): Promise<void> {
    this.process = await RunningProcess.start(process.execPath, [join(ROOT, 'dist/main.js')], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...(process.env['BROWSER_PATH'] && { BROWSER_PATH: process.env['BROWSER_PATH'] }),
        PORT: String(this.port),
        DATA_DIR: this.dataDir,
        ADMIN_API_KEY: this.adminKey,
        DEMO_API_KEY: this.demoKey,
        // What is refused is refused for what it is.
        RATE_LIMIT_SUBMIT: '1000000',
        RATE_LIMIT_OTHER: '1000000',
        RATE_LIMIT_POLL: '1000000',
        RATE_LIMIT_ADDRESS: '1000000',
        LOG_LEVEL: 'warn',
        ...this.variables,
      },
    });
    await waitFor(
      async () => {
        if (this.process?.isRunning !== true)
          throw new Error(`The service ended at its start:\n${this.output}`);
        return (await fetch(`${this.url}/health/ready`)).status === 200;
      },
      { what: 'the service to be ready', timeoutMs: START_WITHIN_MS },
    );
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.process?.isRunning === true) await this.process.stop(signal);
  }

  /** A new client with a key of these scopes. */
  async client(name: string, scopes = Object.values(Scope).filter(isForClients)): Promise<string> {
    const { id } = await this.administer('/v1/clients', { name: `${name} ${randomUUID()}` });
    const { key } = await this.administer(`/v1/clients/${id}/keys`, { name, scopes });
    return key;
  }

  private async administer(path: string, body: object): Promise<{ id: string; key: string }> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.adminKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string; key: string };
  }

  async remove(): Promise<void> {
    await this.stop().catch(() => this.stop('SIGKILL'));
    for (const path of [this.folder, relocatedClusterHome(this.dataDir)])
      rmSync(path, { recursive: true, force: true });
  }
}

const isForClients = (scope: Scope): boolean => scope !== Scope.Admin;
