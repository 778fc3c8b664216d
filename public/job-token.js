// Tokens for one job each: for what sends no key, an `EventSource` and a link.

import { post } from './api.js';

const SECONDS = 900;
/** What is left of one that is used again: the time to begin a download in. */
const LEAST_MS = 60_000;

const made = new Map();

export const isFresh = (id) => (made.get(id)?.endsAt ?? 0) - Date.now() > LEAST_MS;

/** A token that is good for a while yet. */
export async function tokenOf(id) {
  if (!isFresh(id)) {
    const endsAt = Date.now() + SECONDS * 1_000;
    const { token } = await post(`v1/jobs/${id}/tokens`, { expires_in: SECONDS });
    made.set(id, { token, endsAt });
  }
  return made.get(id).token;
}

/** Whoever signs in next makes tokens of their own. */
export const forgetTokens = () => made.clear();
