import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { RatePolicy } from '../common/http/rate-policy';
import { Public } from '../clients/require-scope.decorator';

const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** What Prometheus scrapes: every process has its own. */
@ApiTags('health')
@Public()
@RatePolicy('none')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly registry: Registry) {
    collectDefaultMetrics({ register: registry });
  }

  @Get()
  @Header('Content-Type', CONTENT_TYPE)
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Metrics in the text format of Prometheus',
    description:
      'Of this process, and of the queues and deliveries of the whole fleet. Needs no key: let nobody but your platform reach it.',
  })
  @ApiProduces(CONTENT_TYPE)
  @ApiOkResponse({ type: String })
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
