/** Headers as any server has them; names in whichever case. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface CallbackHeaders {
  /** Of the event. */
  id: string;
  /** Unix seconds. */
  timestamp: number;
  signatures: { scheme: string; encoded: string }[];
}

/** @returns `undefined` where one of them is missing, or is none */
export function callbackHeaders(headers: HeadersLike): CallbackHeaders | undefined {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  // Signed are the characters: a number that is written otherwise than the service writes it was signed otherwise.
  if (!id || !signatures || timestamp === undefined || !/^[1-9]\d{0,11}$/.test(timestamp)) return undefined;
  return {
    id,
    timestamp: Number(timestamp),
    signatures: signatures.split(' ').map((part) => {
      const [scheme = '', encoded = ''] = part.split(',', 2);
      return { scheme, encoded };
    }),
  };
}

export function headerOf(headers: HeadersLike, name: string): string | undefined {
  if (isHeaders(headers)) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : found?.join(' ');
}

/** Not by its class: servers bring one of their own. */
const isHeaders = (headers: HeadersLike): headers is Headers => typeof headers.get === 'function';
