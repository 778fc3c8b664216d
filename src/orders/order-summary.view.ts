import { ApiProperty } from '@nestjs/swagger';
import type { OrderSummary } from './order-summary';
import type { SeriesUnit } from './order-series';
import { OrderStatus } from './order-status';

export class OrderTotalView {
  @ApiProperty({ enum: OrderStatus, enumName: 'OrderStatus', example: OrderStatus.Shipped })
  status: string;

  @ApiProperty({ example: 'USD' })
  currency: string;

  @ApiProperty({ example: 1315 })
  orders: number;

  @ApiProperty({ example: '609205.5980', description: 'Exact decimal.' })
  total: string;
}

export class OrderSeriesPointView {
  @ApiProperty({ format: 'date', example: '2016-01-01', description: 'First day; weeks start on Monday.' })
  period_start: string;

  @ApiProperty({ example: 'USD' })
  currency: string;

  @ApiProperty({ example: 89 })
  orders: number;

  @ApiProperty({ example: '18542.4910', description: 'Exact decimal.' })
  total: string;
}

export class OrderSummaryView {
  @ApiProperty({ example: 1315 })
  orders: number;

  @ApiProperty({ example: 2587 })
  lines: number;

  @ApiProperty({ type: [OrderTotalView], description: 'By currency and status.' })
  totals: OrderTotalView[];

  @ApiProperty({
    enum: ['day', 'week', 'month'],
    example: 'month',
    description: 'Follows the length of the period.',
  })
  series_unit: SeriesUnit;

  @ApiProperty({ type: [OrderSeriesPointView], description: 'By currency and time, with zeros in the gaps.' })
  series: OrderSeriesPointView[];
}

export const viewSummary = ({
  orders,
  lines,
  totals,
  seriesUnit,
  series,
}: OrderSummary): OrderSummaryView => ({
  orders,
  lines,
  totals,
  series_unit: seriesUnit,
  series: series.map(({ periodStart, ...point }) => ({ period_start: periodStart, ...point })),
});
