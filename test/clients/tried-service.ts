import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Scope } from '../../src/clients/scope';
import { relocatedClusterHome } from '../../src/embedded/postgres-cluster';
import { RunningProcess } from '../support/running-process';
import { waitFor } from '../support/services';

const ROOT = resolve(__dirname, '../..');
const START_WITHIN_MS = 180_000;

/** A real service that clients are tried against: its processes, its files, and its administrator. */
export abstract class TriedService {
  private readonly adminKey = randomBytes(24).toString('hex');
  readonly demoKey = randomBytes(24).toString('hex');
  protected readonly folder = mkdtempSync(join(tmpdir(), 'order-reports-clients-'));
  protected readonly dataDir = join(this.folder, 'data');
  private processes: RunningProcess[] = [];

  /** @param port of its API */
  protected constructor(
    protected readonly port: number,
    private readonly variables: NodeJS.ProcessEnv,
  ) {
    // Postgres runs as a user of its own where we are root.
    chmodSync(this.folder, 0o711);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts all of it, again after it was killed: the data are those of before. */
  abstract launch(): Promise<void>;

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await Promise.all(this.processes.map((each) => each.stop(signal)));
    this.processes = [];
  }

  /** What its processes have logged since it was launched. */
  get output(): string {
    return this.processes.map(({ output }) => output).join('');
  }

  /** For whoever makes one: what does not come up leaves nothing behind. */
  protected async launched(): Promise<this> {
    try {
      await this.launch();
      return this;
    } catch (error) {
      await this.remove();
      throw error;
    }
  }

  /** A new client with a key of these scopes. */
  async client(name: string, scopes = Object.values(Scope).filter(isForClients)): Promise<string> {
    const { id } = await this.administer('/v1/clients', { name: `${name} ${randomUUID()}` });
    const { key } = await this.administer(`/v1/clients/${id}/keys`, { name, scopes });
    return key;
  }

  async remove(): Promise<void> {
    await this.stop().catch(() => this.stop('SIGKILL'));
    for (const path of [this.folder, relocatedClusterHome(this.dataDir)])
      rmSync(path, { recursive: true, force: true });
  }

  /** Starts a process of the service; it is ready when this resolves. */
  protected async run(port: number, variables: NodeJS.ProcessEnv = {}): Promise<void> {
    const started = await RunningProcess.start(process.execPath, [join(ROOT, 'dist/main.js')], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...(process.env['BROWSER_PATH'] && { BROWSER_PATH: process.env['BROWSER_PATH'] }),
        PORT: String(port),
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
        ...variables,
      },
    });
    this.processes.push(started);
    await waitFor(
      async () => {
        if (!started.isRunning) throw new Error(`The service ended at its start:\n${started.output}`);
        return (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 200;
      },
      { what: 'the service to be ready', timeoutMs: START_WITHIN_MS },
    );
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
}

const isForClients = (scope: Scope): boolean => scope !== Scope.Admin;
