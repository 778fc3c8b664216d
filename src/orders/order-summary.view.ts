import { ApiProperty } from '@nestjs/swagger';
import type { OrderSummary } from './order-summary';
import type { SeriesUnit } from './order-series';
import { OrderStatus } from './order-status';

/** What the orders of one currency come to; amounts have its digits. */
export class CurrencyTotalView {
  @ApiProperty({ example: 'USD', description: 'ISO 4217.' })
  currency: string;

  @ApiProperty({ type: 'integer', example: 1315 })
  orders: number;

  @ApiProperty({ example: '609205.86', description: 'Exact decimal: the sum of `total` of all orders.' })
  gross: string;

  @ApiProperty({ example: '12479.22', description: 'Of cancelled orders.' })
  cancelled: string;

  @ApiProperty({ example: '1250.40', description: 'Refunds of all other orders.' })
  refunded: string;

  @ApiProperty({ example: '595476.24', description: '`gross - cancelled - refunded`.' })
  net: string;
}

export class StatusTotalView {
  @ApiProperty({ enum: OrderStatus, enumName: 'OrderStatus', example: OrderStatus.Shipped })
  status: string;

  @ApiProperty({ example: 'USD' })
  currency: string;

  @ApiProperty({ type: 'integer', example: 1315 })
  orders: number;

  @ApiProperty({ example: '609205.86', description: 'Exact decimal.' })
  total: string;

  @ApiProperty({
    example: '1250.40',
    description: '0 for cancelled orders, which are deducted as a whole.',
  })
  refunded: string;

  @ApiProperty({ example: '607955.46', description: '0 for cancelled orders.' })
  net: string;
}

export class OrderSeriesPointView extends CurrencyTotalView {
  @ApiProperty({ format: 'date', example: '2016-01-01', description: 'First day; weeks start on Monday.' })
  period_start: string;
}

export class OrderSummaryView {
  @ApiProperty({ type: 'integer', example: 1315 })
  orders: number;

  @ApiProperty({ type: 'integer', example: 2587 })
  lines: number;

  @ApiProperty({ type: [CurrencyTotalView], description: 'By currency.' })
  totals: CurrencyTotalView[];

  @ApiProperty({ type: [StatusTotalView], description: 'By currency and status.' })
  by_status: StatusTotalView[];

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
  byStatus,
  seriesUnit,
  series,
}: OrderSummary): OrderSummaryView => ({
  orders,
  lines,
  totals,
  by_status: byStatus.map(({ status, currency, orders: count, gross, refunded, net }) => ({
    status,
    currency,
    orders: count,
    total: gross,
    refunded,
    net,
  })),
  series_unit: seriesUnit,
  series: series.map(({ periodStart, ...point }) => ({ period_start: periodStart, ...point })),
});
