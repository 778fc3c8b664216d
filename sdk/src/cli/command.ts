import type { JobHandle } from '../job-handle.ts';
import type { OrderReports } from '../order-reports.ts';
import type { Job } from '../types.ts';
import { Progress } from './terminal.ts';

/**
 * @param args those after its name
 * @param signal aborts when it is interrupted
 */
export type Command = (client: OrderReports, args: string[], signal: AbortSignal) => Promise<void>;

/**
 * Shows the progress of a job until it has ended.
 *
 * @throws JobEndedError when it did not complete
 */
export async function followed(handle: JobHandle, signal: AbortSignal): Promise<Job> {
  const progress = new Progress();
  try {
    return await handle.done({ onUpdate: (job) => progress.show(job), signal });
  } finally {
    progress.end();
  }
}
