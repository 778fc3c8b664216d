import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { identifyProcess, isRunning, type ProcessIdentity } from '../../src/embedded/process-identity';
import { TIMEOUT_MS, waitFor } from './services';

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** A program under test, in a process group of its own, with all that it prints. */
export class RunningProcess {
  private text = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly identity: ProcessIdentity,
  ) {
    const take = (chunk: Buffer): void => {
      this.text += chunk.toString();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
  }

  static async start(
    command: string,
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<RunningProcess> {
    const { env = process.env, ...rest } = options;
    const child = spawn(command, args, { ...rest, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    await once(child, 'spawn');
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity === undefined) throw new Error(`${command} ended at once`);
    return new RunningProcess(child, identity);
  }

  get pid(): number {
    return this.identity.pid;
  }

  /** stdout and stderr, as they came. */
  get output(): string {
    return this.text;
  }

  get isRunning(): boolean {
    return isRunning(this.identity);
  }

  /** Waits for printed text; fails with all output when it does not come, or when the process ends before. */
  async waitForOutput(pattern: RegExp, timeoutMs = TIMEOUT_MS): Promise<RegExpExecArray> {
    const found = await waitFor(() => pattern.exec(this.text) ?? !this.isRunning, {
      what: `${String(pattern)} in the output of process ${this.pid}`,
      timeoutMs,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.text}`);
    });
    const match = found === true ? pattern.exec(this.text) : found;
    if (match === null)
      throw new Error(`process ${this.pid} ended without ${String(pattern)}:\n${this.text}`);
    return match;
  }

  /** To this process only, as a supervisor would; `signalGroup` does what a terminal's Ctrl-C does. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(this.pid, signal);
  }

  signalGroup(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(-this.pid, signal);
  }

  /** Resolves to the exit code, or to the signal that ended it. */
  async exited(timeoutMs = TIMEOUT_MS): Promise<number | NodeJS.Signals> {
    return waitFor(() => this.child.exitCode ?? this.child.signalCode ?? undefined, {
      what: `process ${this.pid} to end`,
      timeoutMs,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.text}`);
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = TIMEOUT_MS): Promise<number | NodeJS.Signals> {
    this.signal(signal);
    return this.exited(timeoutMs);
  }
}
