import { Module } from '@nestjs/common';
import { OrdersController } from './orders.controller';
import { OrdersModule } from './orders.module';

/** The routes of the order book. */
@Module({ imports: [OrdersModule], controllers: [OrdersController] })
export class OrdersHttpModule {}
