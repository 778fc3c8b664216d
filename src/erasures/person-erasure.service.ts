import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { JobTypeRegistry } from '../jobs/job-type.registry';
import {
  type ErasureAtWork,
  type ErasureStep,
  type ErasureSteps,
  goesOnAt,
  goesOnHere,
  goesOnLater,
  goesOnNext,
} from './erasure';
import { ErasedFilesService } from './erased-files.service';
import { countUnfinished, eraseFromJobs, type JobCursor } from './erased-jobs';
import {
  eraseFromMessages,
  forgetDestinations,
  forgetIdempotencyKeys,
  type MessageCursor,
} from './erased-messages';
import { anonymizeOrders, forgetOrders, namesOf, takeFormerOrders } from './erased-orders';
import { type Traces, tracesOf } from './traces';

/** Until when what was accepted has to end: a time of the database. */
interface Until {
  until: string;
}

/**
 * Erases a person: the orders that give the reference, and all that was made of them.
 *
 * The orders come first. What was accepted before may bring the person in again, or have read the orders: it ends, and they
 * come once more, with what ran until then. Nothing that begins after that can hold the person.
 */
@Injectable()
export class PersonErasureService implements ErasureSteps {
  readonly steps: Readonly<Record<string, ErasureStep>>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: JobTypeRegistry,
    private readonly store: ErasedFilesService,
  ) {
    this.steps = {
      orders: this.orders,
      running_jobs: this.runningJobs,
      // What an import that failed has left would bring the person in again when it is retried.
      uploads: this.uploads,
      later_orders: this.orders,
      later_running_jobs: this.runningJobs,
      jobs: this.jobs,
      files: this.files,
      messages: this.messages,
      later_uploads: this.laterUploads,
      rest: this.rest,
    };
  }

  private readonly orders: ErasureStep = (erasure, inTransaction) =>
    inTransaction(async (manager) => {
      const orders = await anonymizeOrders(manager, erasure);
      const former = await takeFormerOrders(manager, erasure);
      return orders + former > 0 ? goesOnHere(null, { orders }) : goesOnNext();
    });

  private readonly runningJobs: ErasureStep = async (erasure, inTransaction) => {
    const traces = await this.tracesOf(erasure);
    await inTransaction(async (manager) => {
      const until = (erasure.cursor as Until | null) ?? (await now(manager));
      const unfinished = await this.countUnfinished(manager, erasure, traces, until);
      return unfinished > 0 ? goesOnLater(until, unfinished) : goesOnNext({}, until);
    });
  };

  private readonly uploads: ErasureStep = async ({ client_id }, inTransaction) => {
    const keys = await this.store.uploadsOf(client_id);
    await this.store.delete(keys);
    await inTransaction(async (manager) => {
      await this.store.forget(manager, keys);
      return keys.length > 0 ? goesOnHere(null, { uploads: keys.length }) : goesOnNext();
    });
  };

  /** One whose process died has no job, and goes by its age. */
  private readonly laterUploads: ErasureStep = async (erasure, inTransaction) => {
    const { client_id, created_at } = erasure;
    if (await this.store.areUploadsOnTheirWay(client_id, created_at))
      await inTransaction(() => Promise.resolve(goesOnLater(null, 0)));
    else await this.uploads(erasure, inTransaction);
  };

  private readonly jobs: ErasureStep = async (erasure, inTransaction) => {
    const traces = await this.tracesOf(erasure);
    const { until, ...after } = erasure.cursor as Until & Partial<JobCursor>;
    await inTransaction(async (manager) => {
      const { erased, next } = await eraseFromJobs(manager, erasure, traces, after);
      const counts = { jobs: erased };
      if (next !== null) return goesOnHere({ until, ...next }, counts);
      // One that had failed and was tried again meanwhile.
      const unfinished = await this.countUnfinished(manager, erasure, traces, { until });
      return unfinished > 0 ? goesOnAt('later_orders', counts) : goesOnNext(counts);
    });
  };

  private readonly files: ErasureStep = async (erasure, inTransaction) => {
    const files = await this.store.reportsOfErasure(erasure.id);
    await this.store.deleteReports(files);
    await inTransaction(async (manager) => {
      await this.store.forgetReports(manager, files);
      return files.length > 0 ? goesOnHere(null, { files: files.length }) : goesOnNext();
    });
  };

  private readonly messages: ErasureStep = async (erasure, inTransaction) => {
    const traces = await this.tracesOf(erasure);
    const after = erasure.cursor as MessageCursor | null;
    await inTransaction(async (manager) => {
      const { underWay, next, ...counts } = await eraseFromMessages(manager, erasure, traces, after);
      if (underWay > 0) return goesOnLater(after, 0, counts);
      return next === null ? goesOnNext(counts) : goesOnHere(next, counts);
    });
  };

  private readonly rest: ErasureStep = async (erasure, inTransaction) => {
    const traces = await this.tracesOf(erasure);
    await inTransaction(async (manager) => {
      await forgetDestinations(manager, erasure.client_id, traces);
      await forgetIdempotencyKeys(manager, erasure.client_id, traces);
      // Last: after a crash what was found is found by it again.
      return (await forgetOrders(manager, erasure.id)) > 0 ? goesOnHere(null) : goesOnNext();
    });
  };

  private countUnfinished(
    manager: EntityManager,
    erasure: ErasureAtWork,
    traces: Traces,
    { until }: Until,
  ): Promise<number> {
    // Those that send events once more may run for days: they read no order, and send nothing that was erased.
    const { names, waitingTypes } = this.registry;
    const readers = names.filter((name) => !waitingTypes.includes(name));
    return countUnfinished(manager, erasure, traces, readers, until);
  }

  private async tracesOf({ id, customer_reference }: ErasureAtWork): Promise<Traces> {
    if (customer_reference === null) throw new Error('A person at work has a reference.');
    return tracesOf(customer_reference, await namesOf(this.dataSource, id));
  }
}

async function now(manager: EntityManager): Promise<Until> {
  const [row] = await manager.query<[Until]>('SELECT clock_timestamp()::text AS until');
  return row;
}
