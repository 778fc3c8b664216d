import { Injectable } from '@nestjs/common';
import { nameOn } from '../../../brands/report-brand';
import { ReportFormat } from '../report-format';
import type { Report, ReportWriter, WriteOptions, WrittenReport } from '../report-writer';
import { reportSheets } from './report-sheets';
import { workbookFile } from './workbook-file';

/** Writes a report as a workbook for spreadsheets. */
@Injectable()
export class XlsxReportWriter implements ReportWriter {
  readonly format = ReportFormat.Xlsx;

  write(report: Report, options: WriteOptions): WrittenReport {
    const { brand, generatedAt, parameters } = report;
    const { title, clientName } = parameters;
    const properties = { title, creator: nameOn(brand, clientName), created: generatedAt };
    return { pages: null, content: workbookFile(reportSheets(report, options), properties) };
  }
}
