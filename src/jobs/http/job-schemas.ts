import { getSchemaPath } from '@nestjs/swagger';
import type { JobType } from '../job-type';

/** What all jobs have in common, as classes; the document has a schema for each type in the place of each of them. */
export type JobSchema = 'JobView' | 'TaskView' | 'JobSubmissionBody';

/** Of `orders.report`: `OrdersReportJobView`. Types whose work is done outside share theirs. */
export function jobSchemaName({ name, external }: JobType, schema: JobSchema): string {
  const words = external ? ['external'] : name.split(/[._]/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('') + schema;
}

/** For the documents: the schema of a job of one type. */
export const jobSchema = (type: JobType, schema: JobSchema): { $ref: string } => ({
  $ref: getSchemaPath(jobSchemaName(type, schema)),
});
