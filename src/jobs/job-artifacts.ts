import type { JobResource } from './job-type';

/**
 * A job's result as callers see it: each of its `artifacts` with a `format` also has the `href` that leads to it.
 *
 * @param result of any type of job, also what a worker outside sent
 */
export function withAddresses<Result extends object>(
  result: Result,
  jobId: string,
  resource: JobResource | undefined,
  publicUrl: string,
): Result {
  const { artifacts } = result as { artifacts?: unknown };
  if (resource === undefined || !Array.isArray(artifacts)) return result;
  const address = publicUrl + resource.path.replace('{id}', jobId);
  return {
    ...result,
    artifacts: artifacts.map((artifact: unknown) => {
      const format = (artifact as { format?: unknown } | null)?.format;
      return typeof format === 'string'
        ? { ...(artifact as object), href: `${address}?format=${encodeURIComponent(format)}` }
        : artifact;
    }),
  };
}
