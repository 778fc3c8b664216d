/**
 * Something that the service depends on is away: nobody's fault here, and it passes. A request is answered 503 with
 * `Retry-After`; a job waits for the end of the outage, and no attempt of its own is used up.
 */
export class OutageError extends Error {
  /**
   * @param code stable and machine-readable
   * @param message for the caller: no address, no path
   * @param retryAfterSeconds trying again makes no sense before
   */
  constructor(
    readonly code: 'store_unavailable' | 'store_full',
    message: string,
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
