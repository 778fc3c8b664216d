/**
 * Decides whether a job may name a callback URL. Bound by the feature that makes callbacks; where none is bound, a
 * `callback_url` is refused.
 */
export abstract class CallbackPolicy {
  /** @throws AppError 422 that names `callback_url`, when the client must not have it called */
  abstract check(clientId: string, url: string): Promise<void>;
}
