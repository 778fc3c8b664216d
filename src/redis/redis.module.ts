import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RedisConnectionsService } from './redis-connections.service';

/** The process's connections to Redis. */
@Module({
  imports: [DiscoveryModule],
  providers: [RedisConnectionsService],
  exports: [RedisConnectionsService],
})
export class RedisModule {}
