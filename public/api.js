// Calls of the API with the key of this tab.

const STORED = 'order-reports.key';

export const key = {
  /** Whether a header can carry it at all. */
  isPossible: (value) => /^[\x21-\x7e][\x20-\x7e]*$/.test(value),
  get: () => sessionStorage.getItem(STORED),
  set: (value) => sessionStorage.setItem(STORED, value),
  forget: () => sessionStorage.removeItem(STORED),
};

/** A problem of the API (RFC 9457), as lines for people. */
export class ApiProblem extends Error {
  constructor(status, problem, retryAfter) {
    const fields = (problem?.errors ?? []).map(({ message }) => message);
    super(fields.length > 0 ? fields.join('\n') : (problem?.detail ?? `The service answered ${status}.`));
    this.status = status;
    this.code = problem?.code;
    /** Seconds after which trying again makes sense, where the service says so. */
    this.retryAfter = retryAfter;
  }
}

/** The response of a call that went well. */
export async function request(path, { headers, ...options } = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${key.get()}`, ...headers },
  }).catch((error) => {
    throw new Error('The service cannot be reached. Try again.', { cause: error });
  });
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  throw new ApiProblem(response.status, await response.json().catch(() => undefined), retryAfter);
}

export const get = async (path) => (await request(path)).json();

export const post = async (path, body) =>
  (
    await request(path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID?.() ?? `${Math.random()}`,
      },
      body: JSON.stringify(body),
    })
  ).json();

/** An address of the API as seen from this page, whatever name and path both were reached by. */
export const here = (href) => {
  const { pathname, search } = new URL(href, location.href);
  return pathname.slice(pathname.indexOf('/v1/') + 1) + search;
};
