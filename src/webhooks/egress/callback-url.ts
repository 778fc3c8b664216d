/** Longer than any receiver's address has to be, as it is written and as it is sent; the database's indexes take it. */
const MAX_LENGTH = 2_048;

const SPACE_CONTROL_OR_BACKSLASH = /[\p{Cc}\p{Z}\\]/u;
/** Scheme, authority without user-info, and the rest. The host in plain ASCII, or an IPv6 literal. */
const SHAPE = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(?:[/?#]|$)/i;

/** Ports of services that are not HTTP: what a forged request could talk to (fetch's list, and databases). */
const REFUSED_PORTS = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 138, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513,
  514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521,
  1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5433, 6000, 6379,
  6380, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 9092, 9200, 9300, 10080, 11211, 27017, 27018,
]);

/** A callback URL that cannot be used, with a reason for its owner. */
export class UnusableUrlError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UnusableUrlError';
  }
}

/**
 * Reads a callback URL strictly. What `URL` would quietly turn into something else (`http:127.0.0.1`, `0x7f.1`,
 * full-width digits, a backslash) is refused: two readers must never see two different hosts in one text.
 *
 * @throws UnusableUrlError
 */
export function parseCallbackUrl(text: string): URL {
  requireShort(text);
  if (SPACE_CONTROL_OR_BACKSLASH.test(text)) {
    throw new UnusableUrlError('must not contain spaces, control characters or backslashes');
  }
  const [, , host = '', port] = SHAPE.exec(text) ?? [];
  if (host === '' || !URL.canParse(text)) {
    throw new UnusableUrlError('must be an http or https URL with a plain host name and no user name');
  }
  const url = new URL(text);
  if (!host.startsWith('[') && url.hostname !== host.toLowerCase()) {
    throw new UnusableUrlError('must name its host in the usual spelling');
  }
  if (host.endsWith('.') || host.includes('..'))
    throw new UnusableUrlError('must name its host without an empty label');
  if (port !== undefined && REFUSED_PORTS.has(Number(port.slice(1)))) {
    throw new UnusableUrlError('must not name the port of a service that is not HTTP');
  }
  // Never sent, and it would make two addresses of one.
  url.hash = '';
  // Percent-encoded, and so in ASCII: a character of the text may have become nine bytes.
  requireShort(url.href);
  return url;
}

function requireShort(text: string): void {
  if (text.length > MAX_LENGTH) throw new UnusableUrlError(`must be at most ${MAX_LENGTH} characters long`);
}

/** The port that the URL leads to. */
export const portOf = (url: URL): number =>
  url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);

/** The host as a resolver or a socket wants it: IPv6 literals without brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
