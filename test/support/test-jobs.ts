import { Injectable } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Scope } from '../../src/clients/scope';
import { OutageError } from '../../src/common/outage-error';
import { CrashedJobError, PermanentJobError } from '../../src/jobs/job-error';
import { defineJobType, HandlesJob, JobContext, JobHandler } from '../../src/jobs/job-type';

export interface ScriptParameters {
  /** What each attempt does, in turn; the last one goes on for all further attempts. */
  attempts: (
    | 'succeed'
    | 'fail'
    | 'fail for good'
    | 'fail for now'
    | 'crash'
    | 'wait'
    | 'wait for what cannot be stored'
    | 'ignore the abort'
    | 'wait for the gate'
  )[];
  /** A file: `wait for the gate` ends when it exists, whatever is aborted. */
  gate?: string;
}

export interface ScriptResult {
  attempt: number;
}

/** A job whose attempts do what its parameters say. */
export const SCRIPTED = defineJobType<ScriptParameters, ScriptResult>({
  name: 'test.scripted',
  steps: ['first', 'second'],
  scope: Scope.Reports,
});

/** Holds attempts that wait until the test lets them go on. */
export const gates = {
  open: false,
  waiting: [] as (() => void)[],
  release(): void {
    this.waiting.splice(0).forEach((go) => go());
  },
};

@Injectable()
@HandlesJob(SCRIPTED)
export class ScriptedHandler implements JobHandler<ScriptParameters, ScriptResult> {
  async run(context: JobContext<ScriptParameters>): Promise<ScriptResult> {
    const { parameters, attempt, signal } = context;
    const act = parameters.attempts[attempt - 1] ?? parameters.attempts.at(-1);
    context.step('second');
    context.progress(0.5);
    switch (act) {
      case 'fail':
        throw new Error('secret detail');
      case 'fail for good':
        throw new PermanentJobError('invalid_file', 'This can never work.', 'unprocessable');
      case 'fail for now':
        throw new OutageError('store_full', 'There is no room for it.', 60);
      case 'crash':
        throw new CrashedJobError('It died.');
      case 'wait':
        await new Promise<void>((resolve, reject) => {
          gates.waiting.push(resolve);
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
        return { attempt };
      case 'wait for what cannot be stored':
        await new Promise<void>((resolve) => gates.waiting.push(resolve));
        return { attempt, text: '\0' } as ScriptResult;
      case 'ignore the abort':
        await new Promise<void>((resolve) => gates.waiting.push(resolve));
        return { attempt };
      case 'wait for the gate':
        while (!existsSync(parameters.gate!)) await sleep(20);
        return { attempt };
      case 'succeed':
      case undefined:
        return { attempt };
    }
  }
}
