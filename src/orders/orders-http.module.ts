import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { TasksModule } from '../tasks/tasks.module';
import { OrderImportsController } from './import/order-imports.controller';
import { OrderChangesController } from './order-changes.controller';
import { OrdersByNumberController } from './orders-by-number.controller';
import { OrdersController } from './orders.controller';
import { OrdersModule } from './orders.module';

/** The routes of the order book. Those with words in their path first: a word must not be read as an order's id. */
@Module({
  imports: [JobsModule, OrdersModule, TasksModule],
  controllers: [OrderImportsController, OrderChangesController, OrdersByNumberController, OrdersController],
})
export class OrdersHttpModule {}
