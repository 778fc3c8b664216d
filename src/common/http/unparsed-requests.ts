import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_OF_KIND } from '../error-kinds';
import { newId } from '../ids';
import type { KindOf, ProblemCode } from '../problem-codes';
import { PROBLEM_MEDIA_TYPE, problemMembers } from './problem';

interface Refusal<Code extends ProblemCode = ProblemCode> {
  kind: KindOf<Code>;
  code: Code;
  detail: string;
}

/** What Node's parser says, and how that is answered; anything else is 400. */
const REFUSALS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: {
    kind: 'headers_too_large',
    code: 'headers_too_large',
    detail: 'The headers are too large.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    kind: 'request_timeout',
    code: 'request_timeout',
    detail: 'The request did not arrive in time.',
  },
};
const UNREADABLE: Refusal = {
  kind: 'bad_request',
  code: 'bad_request',
  detail: 'The request is not valid HTTP.',
};
const EXPECTATION: Refusal = {
  kind: 'expectation_failed',
  code: 'expectation_failed',
  detail: 'Only 100-continue can be expected.',
};

/** Answers as a problem, too, what Node's own server refuses before the application sees it. */
export function answerUnparsedRequests(server: Server, publicPath: string): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
      socket.destroy();
      return;
    }
    const { status, headers, body } = problemOf(REFUSALS[error.code ?? ''] ?? UNREADABLE, publicPath);
    const lines = Object.entries({ ...headers, Connection: 'close' }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { status, headers, body } = problemOf(EXPECTATION, publicPath);
    response.writeHead(status, headers).end(body);
  });
}

/** Bytes of ours in the middle of an answer would be taken for a part of it. */
const hasBegunAnswer = (socket: Socket & { _httpMessage?: ServerResponse | null }): boolean =>
  socket._httpMessage?.headersSent === true;

function problemOf(
  { kind, code, detail }: Refusal,
  publicPath: string,
): { status: number; headers: Record<string, string>; body: string } {
  const requestId = newId();
  const status = STATUS_OF_KIND[kind];
  const body = JSON.stringify(problemMembers(publicPath, { status, detail, code, requestId }));
  return {
    status,
    headers: {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Request-Id': requestId,
    },
    body,
  };
}
