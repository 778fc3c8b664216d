/** What the file says about itself. */
export interface PdfInformation {
  title: string;
  author: string;
  /** BCP 47. */
  language: string;
  createdAt: Date;
  /** First day, YYYY-MM-DD; `null`, with `endDate`: of all days. */
  startDate: string | null;
  /** First day that is not included. */
  endDate: string | null;
  /** The cursor of what it was made from. */
  asOf: string;
}
