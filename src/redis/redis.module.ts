import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RedisConnections } from './redis-connections.service';

/** The process's connections to Redis. */
@Module({ imports: [DiscoveryModule], providers: [RedisConnections], exports: [RedisConnections] })
export class RedisModule {}
