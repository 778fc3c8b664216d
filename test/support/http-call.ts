export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON, or the text; `undefined` for an empty body. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what came over the wire, for a test to look into
  body: any;
}

export interface CallOptions {
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A service that is called by HTTP, in this process or in another. */
export interface Callable {
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

/** Calls a route with a key, or (`null`) with none. Never follows redirects. */
export async function callAt(
  origin: string,
  method: string,
  path: string,
  { key = null, body, headers = {} }: CallOptions,
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(new URL(path, origin), {
    method,
    redirect: 'manual',
    headers: {
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined || raw ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const type = response.headers.get('content-type') ?? '';
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    body:
      bytes.length === 0
        ? undefined
        : /[/+]json/.test(type)
          ? JSON.parse(bytes.toString())
          : type.startsWith('text/')
            ? bytes.toString()
            : bytes,
  };
}
