import { Module, Provider } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { Scope } from '../clients/scope';
import type { JobSubmissionService } from './job-submission.service';
import { defineJobType, HandlesJob, JobContext, JobHandler, JobType } from './job-type';
import { JobTypeDefinition, JobTypeRegistry } from './job-type.registry';

interface Parameters {
  rows: number;
}
interface Result {
  file: string;
}

const TYPE = defineJobType<Parameters, Result>({ name: 'a.job', steps: ['only'], scope: Scope.Reports });

@HandlesJob(TYPE)
class Handler implements JobHandler<Parameters, Result> {
  run({ parameters }: JobContext<Parameters>): Promise<Result> {
    return Promise.resolve({ file: `${parameters.rows}.txt` });
  }
}

@HandlesJob(TYPE)
class SecondHandler extends Handler {}

const declared = (type: JobType): Provider => ({
  provide: `job type ${type.name}`,
  useValue: new JobTypeDefinition(type),
});

async function boot(...providers: Provider[]): Promise<JobTypeRegistry> {
  @Module({ imports: [DiscoveryModule], providers: [JobTypeRegistry, ...providers] })
  class Application {}
  const app = await NestFactory.createApplicationContext(Application, { logger: false, abortOnError: false });
  return app.get(JobTypeRegistry);
}

describe('boot', () => {
  it('finds the one handler of each type', async () => {
    const registry = await boot(declared(TYPE), Handler);
    expect(registry.names).toEqual(['a.job']);
    expect(registry.handler('a.job')).toBeInstanceOf(Handler);
    expect(() => registry.requireHandlers()).not.toThrow();
  });

  it('fails where jobs are worked on when a type has no handler', async () => {
    const registry = await boot(declared(TYPE));
    expect(registry.names).toEqual(['a.job']);
    expect(() => registry.requireHandlers()).toThrow('The job type a.job has no handler.');
  });

  it('fails when a type has two', async () => {
    await expect(boot(declared(TYPE), Handler, SecondHandler)).rejects.toThrow('a.job has two handlers');
  });

  it('fails when no feature declares what a handler handles', async () => {
    await expect(boot(Handler)).rejects.toThrow('no feature declares it');
  });

  it('fails when two types have one name', async () => {
    const namesake = defineJobType<Parameters, Result>({ name: 'a.job', steps: ['x'], scope: Scope.Orders });
    const second = { provide: 'second', useValue: new JobTypeDefinition(namesake) };
    await expect(boot(declared(TYPE), second, Handler)).rejects.toThrow('a.job is defined twice');
  });
});

/** Never called: `tsc` is the test, and an unused expectation of an error is an error. */
export function doesNotCompile(submission: JobSubmissionService): void {
  const call = { clientId: 'c', request: { method: 'POST', path: '/', body: {} } };
  void submission.submit(TYPE, { ...call, parameters: { rows: 3 } });
  // @ts-expect-error a payload of another type
  void submission.submit(TYPE, { ...call, parameters: { rows: 'three' } });
  // @ts-expect-error a payload that lacks a member
  void submission.submit(TYPE, { ...call, parameters: {} });
  // @ts-expect-error a step is needed
  defineJobType<Parameters, Result>({ name: 'b.job', steps: [], scope: Scope.Reports });

  // @ts-expect-error a handler of other parameters
  @HandlesJob(TYPE)
  class WrongParameters implements JobHandler<{ pages: number }, Result> {
    run({ parameters }: JobContext<{ pages: number }>): Promise<Result> {
      return Promise.resolve({ file: String(parameters.pages) });
    }
  }

  // @ts-expect-error a handler with another result
  @HandlesJob(TYPE)
  class WrongResult implements JobHandler<Parameters, { url: string }> {
    run(): Promise<{ url: string }> {
      return Promise.resolve({ url: '' });
    }
  }
  expect([WrongParameters, WrongResult]).toHaveLength(2);
}
