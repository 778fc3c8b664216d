import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error';
import { AppConfig } from '../config/app-config';
import { AdmitsJob, type JobAdmission } from '../jobs/job-admission';
import { PermanentJobError } from '../jobs/job-error';
import { OrderCounts } from '../orders/order-counts.service';
import { ORDERS_REPORT, OrdersReportParameters } from './orders-report.job';

/**
 * A tagged file is printed in one piece, whose tags are many times its size: five thousand rows take some seconds and
 * some hundred megabytes of the browser, twenty thousand take 39 seconds (docs/rendering.md).
 */
const ACCESSIBLE_MAX_ROWS = 5_000;

/** Thirty times what a row takes, for machines that are slow or have much to do. */
const ROWS_PER_SECOND_OF_DEADLINE = 200;

interface Refusal {
  code: 'too_many_rows' | 'too_many_rows_for_accessible';
  message: string;
  maxRows: number;
}

/** How large a report may be, asked when it is submitted and again when its orders are read. */
@Injectable()
@AdmitsJob(ORDERS_REPORT)
export class ReportLimits implements JobAdmission<OrdersReportParameters> {
  constructor(
    private readonly config: AppConfig,
    private readonly orders: OrderCounts,
  ) {}

  /**
   * Looks at a report before it is accepted. Where counting would take long, it is accepted and `check` decides.
   *
   * @throws AppError 422 `too_many_rows` or `too_many_rows_for_accessible`, with `rows` and `max_rows`
   */
  async admit(clientId: string, parameters: OrdersReportParameters): Promise<{ deadlineSeconds: number }> {
    const { exact, ...count } = await this.orders.count(clientId, parameters);
    const rows = rowsOf(count, parameters);
    // What was not counted is at least the rows up to which it was, and those are more than an accessible report may have.
    const refusal = exact || parameters.accessible ? this.refusal(rows, parameters) : undefined;
    if (refusal) {
      throw new AppError('unprocessable', refusal.code, refusal.message, {
        extensions: { rows, max_rows: refusal.maxRows },
      });
    }
    return { deadlineSeconds: ORDERS_REPORT.deadlineSeconds + Math.ceil(rows / ROWS_PER_SECOND_OF_DEADLINE) };
  }

  /** @throws PermanentJobError with the same codes */
  check(rows: number, parameters: OrdersReportParameters): void {
    const refusal = this.refusal(rows, parameters);
    if (refusal) throw new PermanentJobError(refusal.code, refusal.message, 'unprocessable');
  }

  private refusal(rows: number, { accessible }: OrdersReportParameters): Refusal | undefined {
    const { reportMaxRows } = this.config;
    if (rows > reportMaxRows) {
      const message = `The report has ${rows} rows; at most ${reportMaxRows} are printed. Ask for a shorter period.`;
      return { code: 'too_many_rows', message, maxRows: reportMaxRows };
    }
    if (accessible && rows > ACCESSIBLE_MAX_ROWS) {
      const message = `The report has ${rows} rows; an accessible one has at most ${ACCESSIBLE_MAX_ROWS}.`;
      return { code: 'too_many_rows_for_accessible', message, maxRows: ACCESSIBLE_MAX_ROWS };
    }
    return undefined;
  }
}

/** Printed rows: each order is one, and each line where lines are shown. */
export const rowsOf = (
  count: { orders: number; lines: number },
  { includeItems }: Pick<OrdersReportParameters, 'includeItems'>,
): number => count.orders + (includeItems ? count.lines : 0);
