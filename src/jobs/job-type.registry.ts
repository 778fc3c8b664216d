import { Injectable, OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Scope } from '../clients/scope';
import { ADMITS_JOB, HANDLES_JOB, type JobAdmission, type JobHandler, type JobType } from './job-type';

/** Marks a value provider as the definition of a job type; see `JobsModule.forFeature`. */
export class JobTypeDefinition {
  constructor(readonly type: JobType) {}
}

/** The types that the features of the application define. */
export function definedTypes(discovery: DiscoveryService): JobType[] {
  const instances: unknown[] = discovery.getProviders().map(({ instance }) => instance as unknown);
  const definitions = instances.filter((instance) => instance instanceof JobTypeDefinition);
  return [...new Set(definitions.map(({ type }) => type))];
}

/** Every job type of the application, and its handler where this process works. */
@Injectable()
export class JobTypeRegistry implements OnModuleInit {
  private readonly types = new Map<string, JobType>();
  private readonly handlers = new Map<string, JobHandler<object, object>>();
  private readonly admissions = new Map<string, JobAdmission<object>>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** Before anything begins to work. */
  onModuleInit(): void {
    for (const type of definedTypes(this.discovery)) this.addType(type);
    for (const { instance, metatype } of this.discovery.getProviders()) {
      const type: unknown = metatype ? Reflect.getMetadata(HANDLES_JOB, metatype) : undefined;
      if (type !== undefined) this.addHandler(type as JobType, instance as JobHandler<object, object>);
      const admitted: unknown = metatype ? Reflect.getMetadata(ADMITS_JOB, metatype) : undefined;
      if (admitted !== undefined)
        this.admissions.set((admitted as JobType).name, instance as JobAdmission<object>);
    }
    for (const { name, external } of this.types.values()) {
      if (external && this.handlers.has(name))
        throw new Error(`The external job type ${name} has a handler.`);
    }
    for (const name of this.handlers.keys()) {
      if (!this.types.has(name))
        throw new Error(`The job type ${name} has a handler but no feature declares it.`);
    }
  }

  /**
   * To be called in a process that works on jobs.
   *
   * @throws Error when there is a type that it could not work on
   */
  requireHandlers(): void {
    const without = this.names.find((name) => !this.handlers.has(name));
    if (without !== undefined) throw new Error(`The job type ${without} has no handler.`);
  }

  /** The types that our own workers work on. */
  get names(): string[] {
    return [...this.types.values()].filter(({ external }) => !external).map(({ name }) => name);
  }

  /** The types that need the store of files. */
  get storeTypes(): string[] {
    return [...this.types.values()].filter(({ usesStore }) => usesStore).map(({ name }) => name);
  }

  /** The types that wait for others while they run. */
  get waitingTypes(): string[] {
    return [...this.types.values()].filter(({ waits }) => waits).map(({ name }) => name);
  }

  /** The types that workers outside work on. */
  get externalNames(): string[] {
    return [...this.types.values()].filter(({ external }) => external).map(({ name }) => name);
  }

  /** The types that a key with these scopes may see and use. */
  visibleTo(scopes: Scope[]): string[] {
    return [...this.types.values()].filter(({ scope }) => scopes.includes(scope)).map(({ name }) => name);
  }

  /** Those of them that any route may submit. */
  submittableBy(scopes: Scope[]): JobType[] {
    return [...this.types.values()].filter(
      ({ scope, input }) => scopes.includes(scope) && input !== undefined,
    );
  }

  /** @throws Error for a type that no feature declares: a row of a newer version, for one */
  type(name: string): JobType {
    const type = this.types.get(name);
    if (type === undefined) throw new Error(`The job type ${name} is not known here.`);
    return type;
  }

  find(name: string): JobType | undefined {
    return this.types.get(name);
  }

  handler(name: string): JobHandler<object, object> {
    const handler = this.handlers.get(name);
    if (handler === undefined) throw new Error(`The job type ${name} has no handler here.`);
    return handler;
  }

  /**
   * The seconds within which such a piece of work will have ended.
   *
   * @throws AppError for one that could never be done
   */
  async admit(type: JobType, clientId: string, parameters: object): Promise<number> {
    const admission = await this.admissions.get(type.name)?.admit(clientId, parameters);
    return admission?.deadlineSeconds ?? type.deadlineSeconds;
  }

  private addType(type: JobType): void {
    const known = this.types.get(type.name);
    if (known !== undefined && known !== type) throw new Error(`The job type ${type.name} is defined twice.`);
    this.types.set(type.name, type);
  }

  private addHandler(type: JobType, handler: JobHandler<object, object>): void {
    const known = this.handlers.get(type.name);
    if (known !== undefined && known !== handler)
      throw new Error(`The job type ${type.name} has two handlers.`);
    this.handlers.set(type.name, handler);
  }
}
