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

/** For the documentation: the file of a report as the content of an answer. */
export const REPORT_CONTENT = {
  [MEDIA_TYPES.pdf]: { schema: { type: 'string', format: 'binary' } },
  [MEDIA_TYPES.xlsx]: { schema: { type: 'string', format: 'binary' } },
  [MEDIA_TYPES.csv]: { schema: { type: 'string' } },
  [MEDIA_TYPES.ndjson]: { schema: { type: 'string' } },
};
