import type { ReportedOrder } from '../../orders/reported-order';
import type { Report, WriteOptions } from './report-writer';

/**
 * The orders of a report, one after the other, as a part for each batch that is read.
 *
 * @param textOf a batch as the file has it
 * @throws the signal's reason when it is aborted
 */
export async function* ordersAsText(
  { snapshot }: Pick<Report, 'snapshot'>,
  { signal, onProgress }: Pick<WriteOptions, 'signal' | 'onProgress'>,
  textOf: (batch: readonly ReportedOrder[]) => string,
): AsyncGenerator<Buffer> {
  const { orders, removed } = snapshot.summary;
  let written = 0;
  for await (const batch of snapshot.orders()) {
    signal.throwIfAborted();
    yield Buffer.from(textOf(batch));
    written += batch.length;
    onProgress(written / (orders + removed));
  }
  if (written === 0) onProgress(1);
}
