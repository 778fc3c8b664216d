/** The forms that a report's file can have. */
export enum ReportFormat {
  Pdf = 'pdf',
  Xlsx = 'xlsx',
  Csv = 'csv',
  Ndjson = 'ndjson',
}

export const MEDIA_TYPES = {
  [ReportFormat.Pdf]: 'application/pdf',
  [ReportFormat.Xlsx]: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  [ReportFormat.Csv]: 'text/csv',
  [ReportFormat.Ndjson]: 'application/x-ndjson',
} as const satisfies Record<ReportFormat, string>;

export const REPORT_MEDIA_TYPES = Object.values(MEDIA_TYPES);

export type ReportMediaType = (typeof MEDIA_TYPES)[ReportFormat];

/**
 * For the documentation: the file of a report as the content of an answer. All are bytes: of a text among them, generated
 * clients would make text of the others.
 */
export const REPORT_CONTENT = Object.fromEntries(
  REPORT_MEDIA_TYPES.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
);
