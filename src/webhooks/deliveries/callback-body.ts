import type { JobFailure } from '../../jobs/job';
import type { JobState } from '../../jobs/job';
import { withAddresses } from '../../jobs/job-artifacts';
import type { JobLabels } from '../../jobs/job-labels';
import type { JobResource } from '../../jobs/job-type';

/** A terminal event as its table has it, with what its job type says. */
export interface TerminalEvent {
  jobId: string;
  jobType: string;
  /** `orders.report.completed`, for one. */
  type: string;
  /** How often an operator had the job tried again: each round ends with a terminal event of its own. */
  round: number;
  occurredAt: Date;
  labels: JobLabels;
  outcome: {
    status: JobState;
    result?: Record<string, unknown>;
    error?: JobFailure;
    expires_at?: string;
  };
}

/** Larger results are fetched through the link. With the bounds on all other texts a body stays below `LONGEST_BODY`. */
const MAX_RESULT_BYTES = 8_000;
/** Of bytes; the database refuses more. */
export const LONGEST_BODY = 27_000;
const [CODE_CHARACTERS, MESSAGE_CHARACTERS] = [100, 1_000];
const SHA256 = /^[0-9a-f]{64}$/;
const NAME = /^[a-z0-9_-]{1,20}$/;
const MOST_ARTIFACTS = 10;
const MEDIA_TYPE = /^[\x20-\x7e]{1,255}$/;

/**
 * The body of a callback: what the simple reader needs (`status`, `links`) and the whole fact (`data`). It is made
 * once; every attempt and the event feed carry these bytes.
 */
export function callbackBody(
  event: TerminalEvent,
  resource: JobResource | undefined,
  publicUrl: string,
): Buffer {
  const { labels, outcome } = event;
  const { status, result, error, expires_at } = outcome;
  const {
    artifact: given,
    artifacts,
    ...rest
  } = withAddresses(result ?? {}, event.jobId, resource, publicUrl);
  const artifact = publicArtifact(given, expires_at);
  const files = publicArtifacts(artifacts, expires_at, resource !== undefined);
  const body = {
    type: event.type,
    timestamp: event.occurredAt.toISOString(),
    status,
    links: [link(event.jobId, status, resource, publicUrl)],
    data: {
      id: event.jobId,
      status,
      round: event.round,
      ...labels,
      ...(artifact && { artifact }),
      ...(files && { artifacts: files }),
      ...(fits(rest) && { result: rest }),
      ...(error && { error: publicError(error) }),
    },
  };
  return Buffer.from(JSON.stringify(body));
}

function link(
  id: string,
  status: string,
  resource: JobResource | undefined,
  publicUrl: string,
): { rel: string; href: string } {
  const href = (path: string): string => publicUrl + path.replace('{id}', id);
  if (resource === undefined) return { rel: 'self', href: href('/v1/jobs/{id}') };
  return status === 'COMPLETED'
    ? { rel: resource.rel, href: href(resource.path) }
    : { rel: 'status', href: href(resource.statusPath) };
}

/**
 * Where the store keeps it is no business of the receiver's. A worker outside may have sent anything under these names:
 * what is no artifact is left out.
 */
function publicArtifact(given: unknown, expiresAt: string | undefined): object | undefined {
  if (!isObject(given)) return undefined;
  const { sha256, bytes, pages, media_type, format, rows } = given;
  if (!isText(sha256, SHA256) || !isCount(bytes) || !isText(media_type, MEDIA_TYPE)) return undefined;
  return {
    ...(isText(format, NAME) && { format }),
    sha256,
    bytes,
    ...(isCount(rows) && { rows }),
    // The event has no nulls in its data.
    pages: isCount(pages) ? pages : null,
    media_type,
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  };
}

/** A few: what is longer is no list of the formats of one thing. Where they are is said of our own alone. */
function publicArtifacts(
  given: unknown,
  expiresAt: string | undefined,
  hasAddresses: boolean,
): object[] | undefined {
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_ARTIFACTS) return undefined;
  const artifacts = given.map((each: unknown) => {
    const artifact = publicArtifact(each, expiresAt);
    return artifact && { ...artifact, ...(hasAddresses && { href: (each as { href?: string }).href }) };
  });
  return artifacts.every((each) => each !== undefined) ? artifacts : undefined;
}

const isText = (value: unknown, shape: RegExp): boolean => typeof value === 'string' && shape.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const publicError = ({ code, message, retryable, step, attempt }: JobFailure): object => ({
  code: code.slice(0, CODE_CHARACTERS),
  message: message.slice(0, MESSAGE_CHARACTERS),
  retryable,
  step: step?.slice(0, CODE_CHARACTERS) ?? null,
  attempt,
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fits = (result: object): boolean =>
  Object.keys(result).length > 0 && Buffer.byteLength(JSON.stringify(result)) <= MAX_RESULT_BYTES;
