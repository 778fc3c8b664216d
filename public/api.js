// Calls of the API with the key of this tab.

const STORED = 'order-reports.key';

export const key = {
  get: () => sessionStorage.getItem(STORED),
  set: (value) => sessionStorage.setItem(STORED, value),
  forget: () => sessionStorage.removeItem(STORED),
};

/** A problem of the API (RFC 9457), told in lines for people. */
export class ApiProblem extends Error {
  constructor(status, problem) {
    const fields = (problem?.errors ?? []).map(({ message }) => message);
    super(fields.length > 0 ? fields.join('\n') : (problem?.detail ?? `The service answered ${status}.`));
    this.status = status;
    this.code = problem?.code;
  }
}

/** The response of a call that went well. */
export async function request(path, { headers, ...options } = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${key.get()}`, ...headers },
  });
  if (response.ok) return response;
  throw new ApiProblem(response.status, await response.json().catch(() => undefined));
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

/** The API's links name its public address; the page calls the server that it came from. */
export const here = (href) => {
  const { pathname, search } = new URL(href, location.href);
  return pathname + search;
};
