import type { ErrorKind } from './error-kinds';

/** What a code means. `/problems` and docs/problems.md show it; an error whose code is not here does not compile. */
interface DocumentedCode {
  /** How it is answered. */
  kinds: readonly [ErrorKind, ...ErrorKind[]];
  /** The same for each problem of this code (RFC 9457, section 3.1.3). */
  title: string;
  cause: string;
  cure: string;
}

const OF_REQUESTS = {
  invalid_request: {
    kinds: ['unprocessable', 'bad_request'],
    title: 'The request is not valid',
    cause: 'Fields of the body, or parameters of the query (400), break the rules of the API.',
    cure: 'Mend what `errors` names, field by field.',
  },
  invalid_json: {
    kinds: ['bad_request'],
    title: 'The body is not valid JSON',
    cause: 'The body cannot be parsed, or is not UTF-8.',
    cure: 'Send one JSON object, in UTF-8.',
  },
  invalid_body: {
    kinds: ['bad_request'],
    title: 'The body is no JSON object',
    cause: 'There is no body, or it is a list or a single value.',
    cure: 'Send a JSON object, `{}` where no field is needed, with `Content-Type: application/json`.',
  },
  invalid_id: {
    kinds: ['bad_request'],
    title: 'The id is not a UUID',
    cause: 'An id in the address is not a UUID.',
    cure: 'Use the `id` or the `href` of an earlier answer as it is.',
  },
  invalid_cursor: {
    kinds: ['bad_request', 'unprocessable'],
    title: 'The cursor is not one of this list',
    cause: 'The cursor is damaged, or was made for another list, other filters or another client.',
    cure: 'Send `next_cursor` as it was answered, with the filters of the page before, or begin without a cursor.',
  },
  invalid_precondition: {
    kinds: ['bad_request'],
    title: 'The precondition is not valid',
    cause: '`If-Match` or `If-None-Match` is neither `*` nor a list of entity tags.',
    cure: 'Send the `ETag` of an answer as it is, with its quotes.',
  },
  precondition_failed: {
    kinds: ['precondition_failed'],
    title: 'The precondition is not met',
    cause:
      'The order has another version than `If-Match` demands, or is there although `If-None-Match` forbids it.',
    cure: 'Read the order anew and decide again; the `ETag` of the answer is its version of now.',
  },
  invalid_length: {
    kinds: ['bad_request'],
    title: 'The body has another length',
    cause: 'The body is not as long as its `Content-Length`.',
    cure: 'Let your HTTP client compute `Content-Length`.',
  },
  bad_request: {
    kinds: ['bad_request'],
    title: 'The request could not be read',
    cause: 'The request is not valid HTTP, or its address is wrongly encoded.',
    cure: 'Percent-encode the parts of the address, and send no two `Content-Length`.',
  },
  not_found: {
    kinds: ['not_found'],
    title: 'There is nothing here',
    cause:
      'No route has this address, or the thing does not exist, was deleted, or belongs to another client.',
    cure: 'Check the address and the id, and that the key is of the client that made it.',
  },
  method_not_allowed: {
    kinds: ['method_not_allowed'],
    title: 'The address does not answer this method',
    cause: 'The address exists for other methods.',
    cure: 'Use one of those in `Allow`.',
  },
  not_acceptable: {
    kinds: ['not_acceptable'],
    title: 'Nothing of this address is acceptable',
    cause: '`Accept` leaves out every media type that the address answers.',
    cure: 'Accept one of the types that `detail` names, or leave `Accept` out.',
  },
  body_too_large: {
    kinds: ['too_large'],
    title: 'The body is too large',
    cause: 'The body has more bytes than the route takes.',
    cure: 'Send less; import many orders, or one with very many lines, as a file.',
  },
  unsupported_media_type: {
    kinds: ['unsupported_media_type'],
    title: 'The body has another media type',
    cause: 'The route does not read bodies of this `Content-Type`, or there is none.',
    cure: 'Send one of the types that `detail` names.',
  },
  unsupported_encoding: {
    kinds: ['unsupported_media_type'],
    title: 'The body is compressed in an unknown way',
    cause: 'The route does not read this `Content-Encoding`.',
    cure: 'Send the body uncompressed; files to import may be gzipped.',
  },
  unsupported_charset: {
    kinds: ['unsupported_media_type'],
    title: 'The body has another character set',
    cause: 'The `charset` of the body is not UTF-8.',
    cure: 'Send JSON in UTF-8.',
  },
  headers_too_large: {
    kinds: ['headers_too_large'],
    title: 'The headers are too large',
    cause: 'The headers or the address have more than 16 KB.',
    cure: 'Send fewer cookies and shorter queries.',
  },
  request_timeout: {
    kinds: ['request_timeout'],
    title: 'The request did not arrive in time',
    cause: 'The connection was open for too long before the request was whole.',
    cure: 'Send it again.',
  },
  expectation_failed: {
    kinds: ['expectation_failed'],
    title: 'The expectation cannot be met',
    cause: '`Expect` has something else than `100-continue`.',
    cure: 'Leave `Expect` out.',
  },
  idempotency_key_reused: {
    kinds: ['unprocessable'],
    title: 'The Idempotency-Key belongs to another request',
    cause: 'The same `Idempotency-Key` was sent with another body, or to another route.',
    cure: 'Use a new key for each new request, and repeat a request unchanged.',
  },
  idempotency_key_expired: {
    kinds: ['conflict'],
    title: 'The Idempotency-Key has just expired',
    cause: 'The time of the key ended while the request was answered.',
    cure: 'Send the request again: it makes a new job.',
  },
  quota_exceeded: {
    kinds: ['too_many'],
    title: 'Too many requests',
    cause: 'The key, the job or the address has used up the limit that `violated-policies` names.',
    cure: 'Wait for `Retry-After` seconds. `RateLimit` says in each answer what is left.',
  },
  temporarily_unavailable: {
    kinds: ['unavailable'],
    title: 'The service is away for a moment',
    cause: 'The database does not answer, or more is asked of it than it can do just now.',
    cure: 'Send the request again after `Retry-After` seconds, a submission with the same `Idempotency-Key`.',
  },
  queues_unavailable: {
    kinds: ['unavailable'],
    title: 'The queue board is away for a moment',
    cause: 'Redis does not answer. Jobs go on without it; the board alone needs it.',
    cure: 'Open the board again when Redis is back.',
  },
  internal_error: {
    kinds: ['internal'],
    title: 'Something went wrong on our side',
    cause: 'A fault of the service. Its log has the reason under the `request_id`.',
    cure: 'Try again once; name the `request_id` when you ask for help.',
  },
} as const satisfies Record<string, DocumentedCode>;

const OF_KEYS = {
  missing_key: {
    kinds: ['unauthenticated'],
    title: 'A key is missing',
    cause: 'There is no `Authorization: Bearer <key>`.',
    cure: 'Send an API key; for one job alone, a token in its place.',
  },
  invalid_key: {
    kinds: ['unauthenticated'],
    title: 'The key is not valid',
    cause: 'The key is misspelt, revoked, or past its end, or its client was deleted.',
    cure: 'Check the key; make a new one with `POST /v1/keys`, or ask an operator.',
  },
  invalid_token: {
    kinds: ['unauthenticated'],
    title: 'The token is not valid',
    cause: 'The token is damaged or past its end, its job was deleted, or the key that made it was revoked.',
    cure: 'Make a new one with `POST /v1/jobs/{id}/tokens`.',
  },
  two_credentials: {
    kinds: ['bad_request'],
    title: 'There are two credentials',
    cause: 'The request has both an API key and a `token` in the query.',
    cure: 'Send one of the two.',
  },
  missing_scope: {
    kinds: ['forbidden'],
    title: 'The key lacks a scope',
    cause: 'The route needs a scope that the key does not have; `detail` names it.',
    cure: 'Use a key with this scope.',
  },
  missing_permission: {
    kinds: ['forbidden'],
    title: 'The token lacks a permission',
    cause: 'The token opens one job, and was made without the permission that this needs.',
    cure: 'Make a token with this permission, or use an API key.',
  },
  too_many_keys: {
    kinds: ['conflict'],
    title: 'Too many keys',
    cause: 'The client has as many keys that are good as it may have.',
    cure: 'Delete keys that nobody uses, with `DELETE /v1/keys/{id}`.',
  },
  client_exists: {
    kinds: ['conflict'],
    title: 'There is a client of this name',
    cause: 'Names of clients are unique.',
    cure: 'Choose another name, or use the client that is there.',
  },
  own_client: {
    kinds: ['conflict'],
    title: 'A key cannot delete its own client',
    cause: 'The key is of the client that is to be deleted, and would end with it.',
    cure: 'Use the key of another client with the scope `admin`.',
  },
} as const satisfies Record<string, DocumentedCode>;

const OF_JOBS = {
  too_many_jobs: {
    kinds: ['too_many'],
    title: 'Too many jobs in flight',
    cause: 'The client has as many jobs that wait or run as it may have.',
    cure: 'Wait for `Retry-After` seconds, or for some of them to end, and send the request again.',
  },
  too_many_streams: {
    kinds: ['too_many'],
    title: 'Too many streams and waits',
    cause: 'The key holds as many streams and waiting requests open as it may.',
    cure: 'Close some; one stream a job is enough.',
  },
  storage_quota_exceeded: {
    kinds: ['too_many'],
    title: 'There is no room left for files',
    cause: 'Uploads and files of the client take all the room that it has: `used_bytes` of `max_bytes`.',
    cure: 'Delete reports, or wait until they expire.',
  },
  store_unavailable: {
    kinds: ['unavailable'],
    title: 'The store of files is away for a moment',
    cause: 'The bucket or the folder with the files does not answer.',
    cure: 'Try again after `Retry-After` seconds. Jobs wait by themselves, up to a day.',
  },
  store_full: {
    kinds: ['unavailable'],
    title: 'The store of files is full',
    cause: 'The disk with the files has no room.',
    cure: 'Try again later; an operator has to make room.',
  },
  already_finished: {
    kinds: ['conflict'],
    title: 'The job has ended',
    cause: 'What is to be cancelled has completed or failed.',
    cure: 'Nothing is left to cancel; the job shows how it ended.',
  },
  not_failed: {
    kinds: ['conflict'],
    title: 'The job has not failed',
    cause: 'Only a job that failed is retried.',
    cure: 'Submit a new one.',
  },
  not_ready: {
    kinds: ['conflict'],
    title: 'The report is not ready',
    cause: 'The job waits or runs.',
    cure: 'Ask again after `Retry-After` seconds, or wait for the callback or the stream.',
  },
  no_file: {
    kinds: ['conflict'],
    title: 'The report has no file',
    cause: 'A file is to be deleted of a report that is not ready, or failed.',
    cure: 'Cancel the job if it is still under way.',
  },
  no_such_format: {
    kinds: ['not_found'],
    title: 'The report is not there in this format',
    cause: '`format` is none of those that the report was asked for.',
    cure: 'Take one of those in `result.artifacts`, or ask for a report in this format.',
  },
  expired: {
    kinds: ['gone'],
    title: 'The report has expired',
    cause: 'Its retention is over, or its file was deleted.',
    cure: 'Ask for a new report.',
  },
  cancelled: {
    kinds: ['gone', 'conflict'],
    title: 'The job was cancelled',
    cause: 'Somebody cancelled it. With 409: a worker sent its result only after that.',
    cure: 'Submit a new one; a worker drops the work.',
  },
  erased: {
    kinds: ['gone'],
    title: 'It was erased',
    cause: 'It held a person who was erased, or was of a client that was deleted.',
    cure: 'It is gone for good. A new report has what is left.',
  },
  link_expired: {
    kinds: ['gone'],
    title: 'The link has expired',
    cause: 'A signed link is good for some minutes.',
    cure: 'Ask for a new one with `GET /v1/orders/reports/{id}/link`.',
  },
  invalid_signature: {
    kinds: ['forbidden'],
    title: 'The link was not made by us',
    cause: 'A part of the signed link was changed or is missing.',
    cure: 'Use the link as it was answered, whole.',
  },
  range_not_satisfiable: {
    kinds: ['range_not_satisfiable'],
    title: 'The file has no such range',
    cause: '`Range` begins after the end of the file.',
    cure: 'Ask for a range within its length, which `Content-Range` says.',
  },
  too_many_rows: {
    kinds: ['unprocessable'],
    title: 'The report has too many rows',
    cause: 'The orders that it asks for have more rows than a report may have: `rows`, and `max_rows`.',
    cure: 'Ask for a shorter period or a narrower filter.',
  },
  too_many_rows_for_accessible: {
    kinds: ['unprocessable'],
    title: 'The accessible report has too many rows',
    cause: 'A PDF with tags for screen readers has a bound of its own: `max_rows`.',
    cure: 'Ask for a shorter period, or without `accessible`.',
  },
  stale_attempt: {
    kinds: ['conflict'],
    title: 'The attempt is not yours',
    cause: 'The lease of the task ended and somebody else has it, or it has ended.',
    cure: 'Drop the work, and claim again. Renew the lease before it ends.',
  },
  not_cancelled: {
    kinds: ['conflict'],
    title: 'The task is not cancelled',
    cause: 'A worker confirmed a cancellation that nobody asked for.',
    cure: 'Go on, or fail the task.',
  },
} as const satisfies Record<string, DocumentedCode>;

const OF_ORDERS = {
  duplicate_order_number: {
    kinds: ['conflict'],
    title: 'There is an order of this number',
    cause: 'Numbers are unique within a client.',
    cure: 'Change the order that is there, by `PUT /v1/orders/by-number/{number}` or `PATCH`, or choose another number.',
  },
  cursor_expired: {
    kinds: ['gone', 'unprocessable'],
    title: 'Changes after this cursor are no longer kept',
    cause: 'The cursor, or `changed_since` of a report (422), is older than the changes that are kept.',
    cure: 'Read all orders again, and go on from there.',
  },
  empty_file: {
    kinds: ['unprocessable'],
    title: 'The file is empty',
    cause: 'An import was sent without a byte.',
    cure: 'Send the file as the body.',
  },
  invalid_multipart: {
    kinds: ['bad_request'],
    title: 'The form cannot be read',
    cause: 'The `multipart/form-data` is damaged or ends too early.',
    cure: 'Let your HTTP client build the form, with its boundary.',
  },
  upload_aborted: {
    kinds: ['bad_request'],
    title: 'The upload ended before its end',
    cause: 'The connection broke while the file was sent.',
    cure: 'Send it again; with an `Idempotency-Key` no import is made twice.',
  },
  too_many_erasures: {
    kinds: ['too_many'],
    title: 'Too many erasures at once',
    cause: 'The client has as many erasures that are not done as it may have.',
    cure: 'Ask again after `Retry-After` seconds.',
  },
  invalid_logo: {
    kinds: ['unprocessable'],
    title: 'The logo cannot be used',
    cause: 'It is no PNG or SVG, or something in it is not taken; `detail` says what.',
    cure: 'Export it anew as a plain SVG, or as a PNG.',
  },
} as const satisfies Record<string, DocumentedCode>;

const OF_WEBHOOKS = {
  endpoint_exists: {
    kinds: ['conflict'],
    title: 'There is an endpoint with this URL',
    cause: 'URLs of endpoints are unique within a client.',
    cure: 'Change the endpoint that is there.',
  },
  too_many_endpoints: {
    kinds: ['conflict'],
    title: 'Too many endpoints',
    cause: 'The client has as many endpoints as it may have.',
    cure: 'Remove one.',
  },
  endpoint_not_enabled: {
    kinds: ['conflict'],
    title: 'The endpoint is not enabled',
    cause: 'It is disabled, not verified, or was removed.',
    cure: 'Verify it, or enable it with `PATCH /v1/webhooks/endpoints/{id}`.',
  },
  challenged_just_now: {
    kinds: ['too_many'],
    title: 'A challenge was sent a moment ago',
    cause: 'The endpoint was verified, or given another URL, seconds ago.',
    cure: 'Answer that challenge, or try again after `Retry-After` seconds.',
  },
  not_redeliverable: {
    kinds: ['conflict'],
    title: 'It cannot be delivered again',
    cause: '`reason` says why: it is under way, or its endpoint was removed, disabled or is not verified.',
    cure: 'Mend the endpoint; wait for `Retry-After` seconds where it is under way.',
  },
  too_many_secrets: {
    kinds: ['conflict'],
    title: 'Too many secrets',
    cause: 'Secrets of earlier rotations still sign.',
    cure: 'Wait until the overlap of one has ended, or rotate with `overlap_seconds: 0`.',
  },
  event_not_kept: {
    kinds: ['gone'],
    title: 'The event is no longer kept',
    cause: '`after` is the id of no event, or of one that has aged out.',
    cure: 'Begin without `after`; what you have seen already has the same ids.',
  },
  window_too_large: {
    kinds: ['unprocessable'],
    title: 'The window has too many events',
    cause: 'A proof is about a bounded number of events.',
    cure: 'Ask in several windows; `errors` says where the first may end.',
  },
  window_not_kept: {
    kinds: ['unprocessable'],
    title: 'The window is no longer kept',
    cause: 'The window begins before what is kept: some of its events may have been removed for their age.',
    cure: 'Ask for a window that begins at the time that `errors` names, or later; keep the proofs of earlier ones.',
  },
  window_not_written: {
    kinds: ['unavailable'],
    title: 'The window is not complete yet',
    cause: 'Events of this window are being written just now.',
    cure: 'Ask again after `Retry-After` seconds.',
  },
} as const satisfies Record<string, DocumentedCode>;

const OF_FAILED_JOBS = {
  deadline_exceeded: {
    kinds: ['internal'],
    title: 'The job did not end in time',
    cause: 'It waited and ran for longer than its deadline.',
    cure: 'Retry it; ask for less where it happens again.',
  },
  worker_lost: {
    kinds: ['internal'],
    title: 'The worker was lost',
    cause: 'The worker stopped renewing its lease in the last attempt that the job had.',
    cure: 'Retry it.',
  },
  crashed: {
    kinds: ['internal'],
    title: 'The work crashed',
    cause: 'What printed it, a browser for one, died under it.',
    cure: 'Retry it; name the job when it happens again.',
  },
  poison: {
    kinds: ['internal'],
    title: 'The job crashes its worker',
    cause: 'It crashed its worker every time that it was tried.',
    cure: 'Do not retry it; name the job when you ask for help.',
  },
  database_unavailable: {
    kinds: ['unavailable'],
    title: 'The database was away',
    cause: 'The database was not available for a while. A job that says so waits, and no attempt is used up.',
    cure: 'Wait; retry it where it failed.',
  },
  file_missing: {
    kinds: ['gone'],
    title: 'The uploaded file is gone',
    cause: 'The file of the import is no longer in the store.',
    cure: 'Send it again.',
  },
  invalid_file: {
    kinds: ['unprocessable'],
    title: 'It is no file that can be imported',
    cause: 'What was sent is not of the form that it was said to be, or damaged.',
    cure: 'See the errors of the import; choose the right `Content-Type` and `preset`.',
  },
  invalid_csv: {
    kinds: ['unprocessable'],
    title: 'The file has errors',
    cause: 'Some rows break the rules, so nothing was imported.',
    cure: 'Mend the rows that the import lists, and send the file again.',
  },
  totals_disagree: {
    kinds: ['internal'],
    title: 'The file would have had wrong totals',
    cause: 'What was written has other totals than its snapshot. Rather no file than a wrong one.',
    cure: 'Name the job when you ask for help.',
  },
  job_failed: {
    kinds: ['internal'],
    title: 'The job failed with a code of its own',
    cause: 'A worker outside failed it, with a code that this list does not have: `task.error.code`.',
    cure: 'Ask whoever runs the worker.',
  },
} as const satisfies Record<string, DocumentedCode>;

/** Each code that a problem has, in the order of the page: the only list of them. */
export const PROBLEM_CODES = {
  ...OF_REQUESTS,
  ...OF_KEYS,
  ...OF_JOBS,
  ...OF_ORDERS,
  ...OF_WEBHOOKS,
  ...OF_FAILED_JOBS,
};

/** The same by what they are about. */
export const PROBLEM_SECTIONS: readonly {
  title: string;
  note?: string;
  codes: Record<string, DocumentedCode>;
}[] = [
  { title: 'Any request', codes: OF_REQUESTS },
  { title: 'Keys, tokens and clients', codes: OF_KEYS },
  { title: 'Jobs and reports', codes: OF_JOBS },
  { title: 'Orders, imports and brands', codes: OF_ORDERS },
  { title: 'Webhooks', codes: OF_WEBHOOKS },
  {
    title: 'Jobs that fail',
    note: 'These stand in the error of a job, which also has codes of the other sections where its work was refused, and those of workers outside. Who asks for the result of such a job gets a problem with the same code.',
    codes: OF_FAILED_JOBS,
  },
];

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** How a problem of this code may be answered. */
export type KindOf<Code extends ProblemCode> = (typeof PROBLEM_CODES)[Code]['kinds'][number];

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEM_CODES, code);
