import 'reflect-metadata';
import { Body, Controller, Get, HttpCode, INestApplication, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { createApp } from '../src/app/app.setup';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { ConfigModule } from '../src/config/config.module';
import { DatabaseModule } from '../src/database/database.module';

/** One server of the HTTP benchmark, as a process of its own: `bare` or `ours`. It prints its port. */

@Controller('bare')
class BareController {
  constructor(private readonly dataSource: DataSource) {}

  @Post()
  @HttpCode(202)
  async insert(@Body() body: object): Promise<object> {
    const rows = await this.dataSource.query<object[]>(
      'INSERT INTO bench_bare (body) VALUES ($1) RETURNING id, body, created_at',
      [JSON.stringify(body)],
    );
    return rows[0]!;
  }

  @Get(':id')
  async select(@Param('id') id: string): Promise<object> {
    const rows = await this.dataSource.query<object[]>(
      'SELECT id, body, created_at FROM bench_bare WHERE id = $1',
      [id],
    );
    return rows[0]!;
  }
}

async function bare(config: AppConfig): Promise<INestApplication> {
  @Module({ imports: [ConfigModule.forRoot(config), DatabaseModule], controllers: [BareController] })
  class BareModule {}
  return NestFactory.create(BareModule, { logger: ['error'] });
}

async function serve(): Promise<void> {
  const environment = readEnvironment(process.env);
  const config = new AppConfig(environment, {
    databaseUrl: environment.DATABASE_URL!,
    redisUrl: environment.REDIS_URL!,
    webhookMasterKeys: [Buffer.alloc(32)],
  } as ConstructorParameters<typeof AppConfig>[1]);
  const app = process.argv[2] === 'bare' ? await bare(config) : await createApp(config);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  console.log(`port ${port}`);
  process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
}

void serve();
