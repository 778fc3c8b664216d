import type { Report, ReportWriter, WriteOptions } from '../../src/report-requests/formats/report-writer';
import { SalesTally } from '../../src/report-requests/formats/sales-tally';
import { parametersOf, type StoredReportParameters } from '../../src/report-requests/orders-report.job';

/** What writers are given: a report of a snapshot, with what is usual where nothing else is said. */
export const reportFrom = (
  snapshot: Pick<Report['snapshot'], 'orders'> & { summary: { orders: number; removed: number } },
  parameters: StoredReportParameters = {},
): Report => ({
  parameters: parametersOf(parameters),
  snapshot: snapshot as Report['snapshot'],
  isDelta: false,
  isLarge: false,
  brand: null,
  generatedAt: new Date(),
  owner: 'client',
});

export const writeOptions = (): WriteOptions => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  tally: new SalesTally(),
});

/** The whole file. */
export async function contentOf(writer: ReportWriter, report: Report): Promise<Buffer> {
  const parts: Buffer[] = [];
  const { content } = await writer.write(report, writeOptions());
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}
