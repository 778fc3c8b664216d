import { Injectable } from '@nestjs/common';
import { ClientStorageService } from '../artifacts/client-storage.service';
import { AppError } from '../common/app-error';
import { AppConfig } from '../config/app-config';
import { AdmitsJob, type JobAdmission } from '../jobs/job-type';
import { OrderCountsService } from '../orders/order-counts.service';
import { OrderChangesService } from '../orders/order-changes.service';
import type { OrdersReportParameters } from './formats/report-parameters';
import { ORDERS_REPORT, parametersOf, queryOf, type StoredReportParameters } from './orders-report.job';

/**
 * A tagged file is printed in one piece, whose tags are many times its size: five thousand rows take some seconds and
 * some hundred megabytes of the browser, twenty thousand take 39 seconds (docs/rendering.md).
 */
const ACCESSIBLE_MAX_ROWS = 5_000;

/** Thirty times what a row takes, for machines that are slow or have much to do. */
const ROWS_PER_SECOND_OF_DEADLINE = 200;

/** How large a report may be, asked when it is submitted and again when its orders are read. */
@Injectable()
@AdmitsJob(ORDERS_REPORT)
export class ReportLimitsService implements JobAdmission<StoredReportParameters> {
  constructor(
    private readonly config: AppConfig,
    private readonly orders: OrderCountsService,
    private readonly changes: OrderChangesService,
    private readonly storage: ClientStorageService,
  ) {}

  /**
   * Looks at a report before it is accepted. Where counting all would take long and those that were counted are not too
   * many, it is accepted and `check` decides.
   *
   * @throws AppError 422 `too_many_rows` or `too_many_rows_for_accessible`, with `max_rows` and `rows`: all, or as many as
   *   were counted; 422 `invalid_cursor`, `cursor_expired`; 429 `storage_quota_exceeded`
   */
  async admit(clientId: string, stored: StoredReportParameters): Promise<{ deadlineSeconds: number }> {
    const parameters = parametersOf(stored);
    await this.storage.requireRoom(clientId);
    const { counted, ...count } = await this.orders.count(clientId, queryOf(parameters).filter);
    // A delta has no more than all of them, and perhaps far less.
    const { changedSince } = parameters;
    if (changedSince === null)
      this.refuseBeyond(rowsOf(counted, parameters), counted.isAll ? '' : 'at least ', parameters);
    else await this.changes.beginOfDelta(clientId, changedSince);
    const rows = rowsOf(count, parameters) * parameters.formats.length;
    return { deadlineSeconds: ORDERS_REPORT.deadlineSeconds + Math.ceil(rows / ROWS_PER_SECOND_OF_DEADLINE) };
  }

  /** @throws AppError the same */
  check(rows: number, parameters: OrdersReportParameters): void {
    this.refuseBeyond(rows, '', parameters);
  }

  private refuseBeyond(rows: number, qualifier: string, { accessible }: OrdersReportParameters): void {
    const { reportMaxRows } = this.config;
    const has = `The report has ${qualifier}${rows} rows`;
    if (rows > reportMaxRows) {
      const message = `${has}; at most ${reportMaxRows} are printed. Ask for a shorter period.`;
      throw tooMany('too_many_rows', message, rows, reportMaxRows);
    }
    if (accessible && rows > ACCESSIBLE_MAX_ROWS) {
      const message = `${has}; an accessible one has at most ${ACCESSIBLE_MAX_ROWS}.`;
      throw tooMany('too_many_rows_for_accessible', message, rows, ACCESSIBLE_MAX_ROWS);
    }
  }
}

const tooMany = (
  code: 'too_many_rows' | 'too_many_rows_for_accessible',
  message: string,
  rows: number,
  maxRows: number,
): AppError => new AppError('unprocessable', code, message, { extensions: { rows, max_rows: maxRows } });

/** Printed rows: each order is one, and each line where lines are shown. */
export const rowsOf = (
  count: { orders: number; lines: number; removed?: number },
  { includeItems }: Pick<OrdersReportParameters, 'includeItems'>,
): number => count.orders + (count.removed ?? 0) + (includeItems ? count.lines : 0);
