import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '../ids';
import { PROBLEM_MEDIA_TYPE } from './problem';

/** What Node's parser says, and how that is answered; anything else is 400. */
const REFUSALS: Record<string, { status: number; code: string; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', detail: 'The headers are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    detail: 'The request did not arrive in time.',
  },
};
const UNREADABLE = { status: 400, code: 'bad_request', detail: 'The request is not valid HTTP.' };
const EXPECTATION = { status: 417, code: 'expectation_failed', detail: 'Only 100-continue can be expected.' };

/** Answers as a problem, too, what Node's own server refuses before the application sees it. */
export function answerUnparsedRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
      socket.destroy();
      return;
    }
    const refusal = REFUSALS[error.code ?? ''] ?? UNREADABLE;
    const { headers, body } = problem(refusal);
    const lines = Object.entries({ ...headers, Connection: 'close' }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.end(
      [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, ...lines, '', body].join('\r\n'),
    );
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { headers, body } = problem(EXPECTATION);
    response.writeHead(EXPECTATION.status, headers).end(body);
  });
}

/** Bytes of ours in the middle of an answer would be taken for a part of it. */
const hasBegunAnswer = (socket: Socket & { _httpMessage?: ServerResponse | null }): boolean =>
  socket._httpMessage?.headersSent === true;

function problem({ status, code, detail }: typeof UNREADABLE): {
  headers: Record<string, string>;
  body: string;
} {
  const requestId = newId();
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code,
    request_id: requestId,
  });
  return {
    headers: {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Request-Id': requestId,
    },
    body,
  };
}
