import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { JobTransitions } from '../jobs/job-transitions';
import { ErasedFilesService } from './erased-files.service';
import { deleteJobs, endedJobs } from './erased-jobs';
import { deleteMessages, deleteRest } from './erased-messages';
import { deleteOrderNotes, deleteOrders } from './erased-orders';
import {
  type ErasureAtWork,
  type ErasureStep,
  type ErasureSteps,
  goesOnAt,
  goesOnHere,
  goesOnLater,
  goesOnNext,
} from './erasure';

/** By then no process takes its keys any more, and what was submitted with them is in the table. */
const QUIET_AFTER = `interval '5 s'`;

/**
 * Erases a client with all that it has. Its keys were revoked when that was asked for. Its jobs are cancelled and end; then
 * everything goes, files first, in batches: when the client's own row goes at last, little is left that goes with it.
 */
@Injectable()
export class ClientErasureService implements ErasureSteps {
  readonly steps: Readonly<Record<string, ErasureStep>>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transitions: JobTransitions,
    private readonly store: ErasedFilesService,
  ) {
    this.steps = {
      running_jobs: this.runningJobs,
      files: this.files,
      jobs: this.jobs,
      messages: this.messages,
      orders: this.orders,
      rest: this.rest,
    };
  }

  private readonly runningJobs: ErasureStep = async (erasure, inTransaction) => {
    await this.transitions.cancelAll(erasure.client_id);
    const isQuiet = await this.isQuiet(erasure);
    await inTransaction(async (manager) => {
      const unfinished = await countUnfinished(manager, erasure.client_id);
      return unfinished > 0 || !isQuiet ? goesOnLater(null, unfinished) : goesOnNext();
    });
  };

  private readonly files: ErasureStep = async (erasure, inTransaction) => {
    const keys = await this.store.keysOf(erasure.client_id);
    await this.store.delete(keys);
    await inTransaction(async (manager) => {
      await this.store.forget(manager, keys);
      return keys.length > 0 ? goesOnHere(null, { files: keys.length }) : goesOnNext();
    });
  };

  private readonly jobs: ErasureStep = async (erasure, inTransaction) => {
    const ids = await endedJobs(this.dataSource.manager, erasure.client_id);
    const files = await this.store.reportsOfJobs(ids);
    await this.store.deleteReports(files);
    await inTransaction(async (manager) => {
      if (ids.length === 0) return goesOnNext();
      // Before the jobs, by which the last attempts are known.
      await this.store.forgetReports(manager, files);
      return goesOnHere(null, { jobs: await deleteJobs(manager, ids) });
    });
  };

  private readonly messages: ErasureStep = (erasure, inTransaction) =>
    inTransaction(async (manager) => {
      const counts = await deleteMessages(manager, erasure.client_id);
      return counts.messages > 0 ? goesOnHere(null, counts) : goesOnNext();
    });

  private readonly orders: ErasureStep = (erasure, inTransaction) =>
    inTransaction(async (manager) => {
      const orders = await deleteOrders(manager, erasure.client_id);
      return orders > 0 ? goesOnHere(null, { orders }) : goesOnNext();
    });

  private readonly rest: ErasureStep = (erasure, inTransaction) =>
    inTransaction(async (manager) => {
      const { client_id } = erasure;
      const rest = (await deleteOrderNotes(manager, client_id)) + (await deleteRest(manager, client_id));
      if (rest > 0) return goesOnHere(null);
      // Nothing that refers to the client can be added from here on.
      await manager.query('SELECT FROM client WHERE id = $1 FOR UPDATE', [client_id]);
      if (await hasMore(manager, client_id)) return goesOnAt('running_jobs');
      await manager.query('DELETE FROM client WHERE id = $1', [client_id]);
      return goesOnNext();
    });

  private async isQuiet({ id, client_id }: ErasureAtWork): Promise<boolean> {
    const [asked] = await this.dataSource.query<{ long_ago: boolean; now: Date }[]>(
      `SELECT created_at < now() - ${QUIET_AFTER} AS long_ago, now() FROM erasure WHERE id = $1`,
      [id],
    );
    if (asked?.long_ago !== true) return false;
    return !(await this.store.areUploadsOnTheirWay(client_id, asked.now));
  }
}

async function countUnfinished(manager: EntityManager, clientId: string): Promise<number> {
  const [row] = await manager.query<{ jobs: number }[]>(
    `SELECT count(*)::int AS jobs FROM job WHERE client_id = $1 AND state IN ('PENDING', 'IN_PROGRESS')`,
    [clientId],
  );
  return row?.jobs ?? 0;
}

/** What came in between. */
async function hasMore(manager: EntityManager, clientId: string): Promise<boolean> {
  const [row] = await manager.query<{ more: boolean }[]>(
    `SELECT ${['job', 'orders', 'client_file', 'webhook_message']
      .map((table) => `EXISTS (SELECT FROM ${table} WHERE client_id = $1)`)
      .join(' OR ')} AS more`,
    [clientId],
  );
  return row?.more === true;
}
