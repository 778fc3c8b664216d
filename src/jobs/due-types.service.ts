import { Injectable } from '@nestjs/common';
import { JobTypeRegistry } from './job-type.registry';
import { StoreHealth } from './store-health.service';

/** Knows which jobs make sense to begin now. */
@Injectable()
export class DueTypes {
  constructor(
    private readonly registry: JobTypeRegistry,
    private readonly store: StoreHealth,
  ) {}

  /** The types that our own workers work on, without those that need what is away. */
  get names(): string[] {
    const { names, storeTypes } = this.registry;
    return this.store.isAway ? names.filter((name) => !storeTypes.includes(name)) : names;
  }
}
