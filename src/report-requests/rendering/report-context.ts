import { reportMessages, type ReportMessages } from '../messages/report-messages';
import type { ReportDocument } from './report-document';
import { type ReportFormats, reportFormats } from './report-formats';
import { type TableLayout, tableLayout } from './table-layout';

/** A report with what all its pages have in common: how its reader writes, and where its table stands. */
export interface ReportContext {
  document: ReportDocument;
  formats: ReportFormats;
  messages: ReportMessages;
  layout: TableLayout;
}

export const contextOf = (document: ReportDocument): ReportContext => ({
  document,
  formats: reportFormats(document.locale, document.timeZone),
  messages: reportMessages(document.locale, document.labels),
  layout: tableLayout(document),
});
