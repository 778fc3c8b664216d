import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity';

/** A signal, and how long it gets before the next one. */
export interface StopStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** Sends one signal after the other until the process is gone. Resolves to false when it was not running at all. */
export async function stopProcess(identity: ProcessIdentity, steps: readonly StopStep[]): Promise<boolean> {
  if (!isRunning(identity)) return false;
  for (const { signal, waitMs } of [...steps, { signal: 'SIGKILL' as const, waitMs: 5_000 }]) {
    send(identity.pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (!isRunning(identity)) return true;
      await sleep(20);
    }
  }
  throw new Error(`process ${identity.pid} survives SIGKILL`);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
