import type { JobResource } from './job-type';

/**
 * A job's result as callers see it: each of its `artifacts`, and the first of them, also has the `href` that leads to it.
 *
 * @param base before the path: of the public URL where there is no request to resolve against, else its path
 * @param result of any type of job, also what a worker outside sent
 */
export function withAddresses<Result extends object>(
  result: Result,
  jobId: string,
  resource: JobResource | undefined,
  base: string,
): Result {
  const { artifact: first, artifacts } = result as { artifact?: unknown; artifacts?: unknown };
  if (resource === undefined || !Array.isArray(artifacts)) return result;
  const address = base + resource.path.replace('{id}', jobId);
  const addressed = (artifact: unknown): unknown => {
    const format = (artifact as { format?: unknown } | null)?.format;
    return typeof format === 'string'
      ? { ...(artifact as object), href: `${address}?format=${encodeURIComponent(format)}` }
      : artifact;
  };
  return { ...result, artifact: addressed(first), artifacts: artifacts.map(addressed) };
}
