import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { OrdersImportHandler } from './import/orders-import.handler';
import { OrdersModule } from './orders.module';
import { CreateOrderHandler, ReadOrderHandler, SummarizeOrdersHandler } from './tasks/order-task.handlers';

/** What works on imports and on tasks about orders. Only in worker roles. */
@Module({
  imports: [ArtifactsModule, OrdersModule],
  providers: [CreateOrderHandler, OrdersImportHandler, ReadOrderHandler, SummarizeOrdersHandler],
})
export class OrdersWorkerModule {}
