import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { RatePolicy } from '../common/http/rate-policy';
import { Public } from '../clients/require-scope.decorator';
import { Readiness } from './readiness.service';

class LivenessView {
  @ApiProperty({ enum: ['up'] })
  status: 'up';
}

class ReadinessView {
  @ApiProperty({ enum: ['up', 'down'] })
  status: 'up' | 'down';

  @ApiProperty({ enum: ['up', 'down'] })
  database: 'up' | 'down';

  @ApiProperty({ enum: ['up', 'down'], description: 'Without Redis everything still works, only slower.' })
  redis: 'up' | 'down';
}

@ApiTags('health')
@Public()
@RatePolicy('none')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ type: LivenessView })
  live(): LivenessView {
    return { status: 'up' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Whether it can serve',
    description: 'Ready without Redis, not without the database.',
  })
  @ApiOkResponse({ type: ReadinessView })
  @ApiServiceUnavailableResponse({ type: ReadinessView })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessView> {
    const { database, redis } = await this.readiness.check();
    if (!database) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: upOrDown(database), database: upOrDown(database), redis: upOrDown(redis) };
  }
}

const upOrDown = (works: boolean): 'up' | 'down' => (works ? 'up' : 'down');
