/** A URL as it is delivered to, and what its health is kept under. */
export interface DestinationOfUrl {
  url: string;
  /** Without its query: what differs from job to job must not make a new destination of each. */
  address: string;
  origin: string;
}

/** @param text a URL that was accepted before */
export function parseDestination(text: string): DestinationOfUrl {
  const url = new URL(text);
  url.hash = '';
  return { url: url.href, address: url.origin + url.pathname, origin: url.origin };
}
