import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * For the body parser, which reads UTF-7 and others too: JSON is UTF-8 (RFC 8259, section 8.1), and what is not would be
 * stored with other letters.
 */
export function requireUtf8(
  _request: IncomingMessage,
  _response: ServerResponse,
  body: Buffer,
  charset: string | null,
): void {
  if (charset !== null && charset !== 'utf-8')
    throw Object.assign(new Error(`charset ${charset}`), { type: 'charset.unsupported' });
  if (!isUtf8(body)) throw Object.assign(new Error('not UTF-8'), { type: 'entity.not.utf8' });
}
