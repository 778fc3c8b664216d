/** Far above the largest callback. */
export const MAX_BODY_BYTES = 1_000_000;

/** A parser has read the body, and its bytes are gone: a mistake of the application. */
export class BodyGoneError extends TypeError {
  constructor() {
    super(
      'The raw body is gone: a parser read it before. Mount the receiver before `express.json()`; in Nest, create the application with `{ rawBody: true }`.',
    );
  }
}

/**
 * The bytes of a body as they come.
 *
 * @returns `undefined` when they are more than a callback may have
 */
export async function readBody(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of chunks) {
    parts.push(part);
    length += part.length;
    if (length > MAX_BODY_BYTES) return undefined;
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
