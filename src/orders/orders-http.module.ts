import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { TasksModule } from '../tasks/tasks.module';
import { OrderImportsController } from './import/order-imports.controller';
import { OrdersController } from './orders.controller';
import { OrdersModule } from './orders.module';

/** The routes of the order book. Imports first: `/v1/orders/imports` must not be read as an order's id. */
@Module({
  imports: [JobsModule, OrdersModule, TasksModule],
  controllers: [OrderImportsController, OrdersController],
})
export class OrdersHttpModule {}
