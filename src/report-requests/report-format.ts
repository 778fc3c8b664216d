/** The forms that a report's file can have. */
export enum ReportFormat {
  Pdf = 'pdf',
  Csv = 'csv',
}

export const MEDIA_TYPES = {
  [ReportFormat.Pdf]: 'application/pdf',
  [ReportFormat.Csv]: 'text/csv',
} as const satisfies Record<ReportFormat, string>;

export type ReportMediaType = (typeof MEDIA_TYPES)[ReportFormat];

/** The ending of a file's name. */
export const formatOf = (mediaType: ReportMediaType): ReportFormat =>
  mediaType === MEDIA_TYPES[ReportFormat.Csv] ? ReportFormat.Csv : ReportFormat.Pdf;

/** For the documentation: the file of a report as the content of an answer. */
export const REPORT_CONTENT = {
  [MEDIA_TYPES.pdf]: { schema: { type: 'string', format: 'binary' } },
  [MEDIA_TYPES.csv]: { schema: { type: 'string' } },
};
