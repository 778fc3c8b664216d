import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { RedisConnectionsService } from './redis-connections.service';
import { RedisModule } from './redis.module';

/** What all Bull queues of the process share: how they connect, and their prefix. */
@Module({
  imports: [
    BullModule.forRootAsync({
      imports: [RedisModule],
      inject: [RedisConnectionsService],
      useFactory: (connections: RedisConnectionsService) => ({
        createClient: (use) => connections.open(use),
        // Braces keep all keys of a queue on one node of a Redis cluster.
        prefix: '{bull}',
      }),
    }),
  ],
})
export class QueuesModule {}
