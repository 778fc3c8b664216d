import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServiceDefinition {
  name: string;
  command: string;
  args: string[];
  options: SpawnOptions;
  logFile: string;
  isReady: () => Promise<boolean>;
}

const READY_WITHIN_MS = 120_000;

/** A process of the fleet: killed, frozen and started again by the run, and watched for dying of anything else. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  /** Deaths that nobody ordered. */
  readonly deaths: string[] = [];
  private ordered = false;
  private retired = false;
  frozen = false;

  constructor(readonly definition: ServiceDefinition) {}

  get name(): string {
    return this.definition.name;
  }

  get pid(): number | undefined {
    return this.isAlive ? this.child?.pid : undefined;
  }

  get isAlive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** It is not to run any more: who is about to start it again, in a fault for one, gets an error instead. */
  retire(): void {
    this.retired = true;
  }

  async start(): Promise<void> {
    const { command, args, options, logFile } = this.definition;
    const deadline = Date.now() + READY_WITHIN_MS;
    do {
      if (this.retired) throw new Error(`${this.name} is not to run any more`);
      if (!this.isAlive) {
        const log = openSync(logFile, 'a');
        // A group of its own: a Ctrl-C of the terminal reaches the run alone, which tidies up.
        const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', log, log] });
        closeSync(log);
        this.ordered = false;
        this.child = child;
        child.once('exit', (code, signal) => {
          if (!this.ordered)
            this.deaths.push(`${this.name} ended by itself (${signal ?? `exit code ${code}`})`);
        });
      }
      if (await this.definition.isReady()) return;
      await sleep(100);
    } while (Date.now() < deadline);
    throw new Error(`${this.name} was not ready after ${READY_WITHIN_MS / 1_000} s; see ${logFile}`);
  }

  /** Sends a signal that ends it, and waits until it has. */
  async end(signal: NodeJS.Signals, withinMs = 60_000): Promise<void> {
    if (!this.isAlive) return;
    this.ordered = true;
    this.thaw();
    this.child?.kill(signal);
    const deadline = Date.now() + withinMs;
    while (this.pid !== undefined) {
      if (Date.now() > deadline) throw new Error(`${this.name} survived ${signal} for ${withinMs / 1_000} s`);
      await sleep(20);
    }
  }

  freeze(): void {
    if (!this.isAlive) return;
    this.frozen = true;
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.child?.kill('SIGCONT');
  }
}

/** A process of the service itself, which speaks HTTP in every role. */
export class Application extends ServiceProcess {
  constructor(
    definition: Omit<ServiceDefinition, 'isReady'>,
    readonly url: string,
  ) {
    super({ ...definition, isReady: async () => (await statusOf(`${url}/health/live`)) === 200 });
  }

  /** What `/health/ready` answers; `undefined` when nothing does. */
  readiness(): Promise<number | undefined> {
    return statusOf(`${this.url}/health/ready`);
  }
}

const statusOf = (url: string): Promise<number | undefined> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.body?.cancel().then(() => answer.status),
    () => undefined,
  );
