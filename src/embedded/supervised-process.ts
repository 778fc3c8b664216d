import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, parseIdentity } from './process-identity';
import { stopProcess, type StopStep } from './stop-process';

const READY_WITHIN_MS = 60_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;
/** More deaths than this within the window mean that starting again does not help. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 5 * 60_000;

export interface ProcessDefinition {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Run as this user instead of the current one; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Takes stdout and stderr. A file and no pipe: the process outlives a killed parent, and so can be stopped in order. */
  readonly logFile: string;
  /** Keeps the running process's identity for the next start. */
  readonly recordFile: string;
  readonly stopSteps: readonly StopStep[];
  /** Whether it serves; asked every few milliseconds after a start. */
  readonly isReady: () => Promise<boolean>;
}

/**
 * One server process beside ours: started in a process group of its own, so that a terminal's Ctrl-C reaches only us
 * and we stop it last; started again when it dies; stopped in steps that end with SIGKILL.
 */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private restarts: number[] = [];
  private restarting: Promise<void> | undefined;
  private readonly abort = new AbortController();

  constructor(
    private readonly definition: ProcessDefinition,
    private readonly log: (line: string) => void,
  ) {}

  /** Resolves when the process serves. @throws Error with the end of its log when it dies or stays silent instead */
  async start(): Promise<void> {
    await stopRecorded(this.definition, this.log);
    rotate(this.definition.logFile);
    process.on('exit', this.onExit);
    try {
      await this.launch();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.abort.abort();
    await this.restarting;
    process.removeListener('exit', this.onExit);
    await this.end(this.child);
    rmSync(this.definition.recordFile, { force: true });
  }

  private async launch(): Promise<void> {
    const { name, logFile } = this.definition;
    const logStart = sizeOf(logFile);
    const child = this.spawn();
    const end: { reason?: string } = {};
    child.once('error', (error) => {
      end.reason = error.message;
    });
    child.once('exit', (code, signal) => {
      end.reason = signal ?? `exit code ${code ?? 'unknown'}`;
    });
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await this.definition.isReady())) {
      if (end.reason !== undefined)
        throw new Error(`${name} did not start (${end.reason})\n${tail(logFile, logStart)}`);
      if (this.stopping) throw new Error(`${name} was stopped while it started`);
      if (Date.now() > deadline) {
        await this.end(child);
        throw new Error(
          `${name} was not ready after ${READY_WITHIN_MS / 1000} s\n${tail(logFile, logStart)}`,
        );
      }
      await sleep(25);
    }
    if (hasEnded(child)) throw new Error(`${name} ended as soon as it was ready\n${tail(logFile, logStart)}`);
    child.once('exit', (code, signal) => this.onDeath(signal ?? `exit code ${code ?? 'unknown'}`, logStart));
  }

  private spawn(): ChildProcess {
    const { command, args, env, cwd, user, logFile, recordFile } = this.definition;
    const output = openSync(logFile, 'a', 0o600);
    try {
      const child = spawn(command, args, {
        cwd,
        env,
        ...user,
        detached: true,
        stdio: ['ignore', output, output],
      });
      this.child = child;
      const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
      if (identity !== undefined) writeFileSync(recordFile, JSON.stringify(identity), { mode: 0o600 });
      return child;
    } finally {
      closeSync(output);
    }
  }

  private onDeath(how: string, logStart: number): void {
    if (this.stopping) return;
    const { name, logFile } = this.definition;
    this.log(`${name} died unexpectedly (${how}). The end of its log:\n${tail(logFile, logStart)}`);
    this.restarting ??= this.restart().finally(() => {
      this.restarting = undefined;
    });
  }

  /** The same port again: everybody's connection settings stay true, and their own retries bring them back. */
  private async restart(): Promise<void> {
    const { name } = this.definition;
    for (;;) {
      const now = Date.now();
      this.restarts = [...this.restarts.filter((at) => now - at < RESTART_WINDOW_MS), now];
      const count = this.restarts.length;
      if (count > MAX_RESTARTS) {
        this.log(`${name} died ${count} times within ${RESTART_WINDOW_MS / 60_000} minutes and stays down.`);
        return;
      }
      await sleep(100 * 2 ** count, undefined, { signal: this.abort.signal }).catch(() => undefined);
      if (this.isStopping()) return;
      try {
        await this.launch();
        this.log(`${name} runs again (restart ${count} of ${MAX_RESTARTS}).`);
        return;
      } catch (error) {
        if (this.isStopping()) return;
        this.log(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** A call, because the compiler takes the field for unchanged across an `await`. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private async end(child: ChildProcess | undefined): Promise<void> {
    if (child?.pid === undefined || hasEnded(child)) return;
    const ended = once(child, 'exit');
    const identity = identifyProcess(child.pid);
    if (identity !== undefined) await stopProcess(identity, this.definition.stopSteps);
    await ended;
  }

  /** Whatever made us exit without `stop()`: leave nothing behind. Only a signal can be sent from here. */
  private readonly onExit = (): void => {
    const first = this.definition.stopSteps[0];
    if (this.child?.pid === undefined || hasEnded(this.child) || first === undefined) return;
    this.child.kill(first.signal);
  };
}

/** A process of an earlier run that was killed before it could stop its own. Not reused: its exit would go unseen. */
async function stopRecorded(definition: ProcessDefinition, log: (line: string) => void): Promise<void> {
  const { name, recordFile, stopSteps } = definition;
  const identity = parseIdentity(readText(recordFile));
  if (identity !== undefined && (await stopProcess(identity, stopSteps))) {
    log(`stopped ${name} (process ${identity.pid}), left behind by an earlier run`);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(file: string, from: number): string {
  return readText(file).slice(from).trimEnd().split('\n').slice(-15).join('\n');
}

function rotate(file: string): void {
  if (sizeOf(file) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
