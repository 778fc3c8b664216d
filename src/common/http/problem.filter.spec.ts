import { Logger, type ArgumentsHost } from '@nestjs/common';
import type { Response } from 'express';
import { AppError, invalidField, notFound } from '../app-error';
import { STATUS_OF_KIND } from '../error-kinds';
import { PROBLEM_CODES, type ProblemCode } from '../problem-codes';
import { ProblemFilter } from './problem.filter';

const REQUEST_ID = '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11';

interface Answer {
  status: number;
  headers: Map<string, string>;
  body: Record<string, unknown>;
  destroyed: boolean;
}

const OUTAGE = new Error('connect ECONNREFUSED');

const ALL = (Object.keys(PROBLEM_CODES) as ProblemCode[]).flatMap((code) =>
  PROBLEM_CODES[code].kinds.map((kind) => ({ code, kind })),
);

/** What the filter does to a response that carries these headers already. */
function answerTo(exception: unknown, { headersSent = false, headers = {} } = {}): Answer {
  const answer: Answer = {
    status: 200,
    headers: new Map(Object.entries({ 'X-Request-Id': REQUEST_ID, ...headers })),
    body: {},
    destroyed: false,
  };
  const response = {
    headersSent,
    get: (name: string) => answer.headers.get(name),
    set: (name: string | Record<string, string>, value?: string) => {
      for (const [key, text] of typeof name === 'string' ? [[name, value ?? '']] : Object.entries(name)) {
        answer.headers.set(key!, text!);
      }
    },
    removeHeader: (name: string) => answer.headers.delete(name),
    status: (status: number) => {
      answer.status = status;
      return response;
    },
    type: (type: string) => {
      answer.headers.set('Content-Type', type);
      return response;
    },
    send: (text: string) => {
      answer.body = JSON.parse(text) as Record<string, unknown>;
    },
    destroy: () => {
      answer.destroyed = true;
    },
  };
  const host = {
    switchToHttp: () => ({
      getRequest: () => ({ method: 'POST', originalUrl: '/v1/orders/reports?signature=secret' }),
      getResponse: () => response as unknown as Response,
    }),
  } as unknown as ArgumentsHost;
  new ProblemFilter('/reports-api', (error) => error === OUTAGE).catch(exception, host);
  return answer;
}

describe('the problem filter', () => {
  const logged: string[] = [];

  beforeAll(() => {
    Logger.overrideLogger({
      log: () => undefined,
      warn: () => undefined,
      error: (...parts: unknown[]) => void logged.push(parts.join(' ')),
    });
  });
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(() => {
    logged.length = 0;
  });

  it.each(ALL)('answers $code as a problem, with the status of $kind', ({ code, kind }) => {
    const { status, headers, body } = answerTo(AppError.like({ kind, code }, 'What happened.'));
    expect(status).toBe(STATUS_OF_KIND[kind]);
    expect(headers.get('Content-Type')).toBe('application/problem+json');
    expect(body).toEqual({
      type: `/reports-api/problems#${code}`,
      title: PROBLEM_CODES[code].title,
      status,
      detail: 'What happened.',
      code,
      request_id: REQUEST_ID,
    });
  });

  it('names the bad fields', () => {
    expect(answerTo(invalidField('end_date', 'end_date must be after start_date')).body).toEqual({
      type: '/reports-api/problems#invalid_request',
      title: 'The request is not valid',
      status: 422,
      detail: 'The request is not valid.',
      code: 'invalid_request',
      request_id: REQUEST_ID,
      errors: [{ field: 'end_date', message: 'end_date must be after start_date' }],
    });
  });

  it('names a hundred fields at most, says that there are more, and repeats no long name', () => {
    const errors = Array.from({ length: 101 }, () => ({ field: 'x'.repeat(90_000), message: 'x is bad' }));
    const error = new AppError('unprocessable', 'invalid_request', 'y'.repeat(90_000), { errors });
    const { body } = answerTo(error);
    expect(body['errors']).toHaveLength(100);
    expect(body['detail']).toMatch(/^y{1999}… Not all errors are named\.$/);
    expect(JSON.stringify(body).length).toBeLessThan(64 * 1024);
  });

  it('says that it is away for a moment when the database is', () => {
    const { status, headers, body } = answerTo(OUTAGE);
    expect(status).toBe(503);
    expect(headers.get('Retry-After')).toBe('2');
    expect(body).toMatchObject({ code: 'temporarily_unavailable' });
    expect(JSON.stringify(body)).not.toContain('onnect');
  });

  it('says when to try again, and how to authenticate', () => {
    const late = new AppError('conflict', 'not_ready', 'Not yet.', { retryAfter: 3 });
    expect(answerTo(late).headers.get('Retry-After')).toBe('3');
    const stranger = new AppError('unauthenticated', 'missing_key', 'Who are you?');
    expect(answerTo(stranger).headers.get('WWW-Authenticate')).toMatch(/^Bearer/);
  });

  it('adds what an error carries besides', () => {
    const error = new AppError('gone', 'expired', 'Gone.', { extensions: { job: { id: '1' } } });
    expect(answerTo(error).body).toMatchObject({ job: { id: '1' } });
  });

  it.each([
    ['an error', new Error('password=hunter2')],
    ['a text', 'password=hunter2'],
    ['nothing', undefined],
  ])('answers %s that nobody foresaw with a bare 500, and logs it', (_what, exception) => {
    const { body } = answerTo(exception);
    expect(body).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(`POST /v1/orders/reports failed`);
    if (exception !== undefined) expect(logged[0]).toContain('hunter2');
    expect(logged[0]).not.toContain('secret');
  });

  it('takes back what described the success', () => {
    const headers = { ETag: '"abc"', 'Repr-Digest': 'sha-256=:x:', 'Content-Disposition': 'attachment' };
    const answer = answerTo(notFound('report'), { headers });
    for (const name of Object.keys(headers)) expect(answer.headers.has(name)).toBe(false);
  });

  it('cuts the connection when a file breaks off half-way', () => {
    const answer = answerTo(new Error('disk'), { headersSent: true });
    expect(answer.destroyed).toBe(true);
    expect(logged.join()).toContain('broke off');
    expect(answer.body).toEqual({});
  });
});
