import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { HttpAdapterHost } from '@nestjs/core';
import type { Response } from 'express';
import type { DrainingAdapter } from '../common/http/draining.adapter';
import { RatePolicy } from '../common/http/rate-policy';
import { Public } from '../clients/require-scope.decorator';
import { ReadinessService } from './readiness.service';

class LivenessView {
  @ApiProperty({ enum: ['up'] })
  status: 'up';
}

class ReadinessView {
  @ApiProperty({
    enum: ['up', 'down', 'draining'],
    description: '`draining`: the process is about to end, and serves what it still gets.',
  })
  status: 'up' | 'down' | 'draining';

  @ApiProperty({ enum: ['up', 'down'] })
  database: 'up' | 'down';

  @ApiProperty({ enum: ['up', 'down'], description: 'Without Redis everything still works, only slower.' })
  redis: 'up' | 'down';

  @ApiProperty({
    enum: ['up', 'down'],
    description:
      'The store of files. Without it requests are accepted, and their jobs wait for it; files are answered with 503.',
  })
  store: 'up' | 'down';
}

@ApiTags('health')
@Public()
@RatePolicy('none')
@Controller('health')
export class HealthController {
  constructor(
    private readonly readiness: ReadinessService,
    private readonly server: HttpAdapterHost<DrainingAdapter>,
  ) {}

  @Get('live')
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Whether the process runs',
    description: 'Says nothing of what it depends on: a platform restarts what does not answer here.',
  })
  @ApiOkResponse({ type: LivenessView })
  live(): LivenessView {
    return { status: 'up' };
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Whether it can serve',
    description:
      'Ready without Redis and without the store of files, not without the database, and not while the process drains.',
  })
  @ApiOkResponse({ type: ReadinessView })
  @ApiServiceUnavailableResponse({ type: ReadinessView })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessView> {
    const { database, redis, store } = await this.readiness.check();
    const status = this.server.httpAdapter.isDraining ? 'draining' : upOrDown(database);
    if (status !== 'up') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status, database: upOrDown(database), redis: upOrDown(redis), store: upOrDown(store) };
  }
}

const upOrDown = (works: boolean): 'up' | 'down' => (works ? 'up' : 'down');
