import { Resolver } from 'node:dns/promises';

/** The name has no address, or could not be looked up just now. */
export class NameError extends Error {
  constructor(
    name: string,
    /** Whether looking again later may help: a server that fails, not a name that does not exist. */
    readonly transient: boolean,
    options?: ErrorOptions,
  ) {
    super(
      transient ? `The name ${name} could not be looked up.` : `The name ${name} has no address.`,
      options,
    );
    this.name = 'NameError';
  }
}

/** Turns a host name into all its addresses. */
export abstract class NameResolver {
  /** @throws NameError when there is none */
  abstract addressesOf(name: string, signal: AbortSignal): Promise<string[]>;
}

const SERVER_TIMEOUT_MS = 2_000;
const TRIES = 2;
const NO_SUCH_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/**
 * Asks the machine's name servers without the thread pool that `dns.lookup` uses: a few names with slow servers would
 * fill it, and hold up the files and the other lookups of the whole process.
 */
export class DnsResolver extends NameResolver {
  /** @param servers to ask, `address:port`; those of the machine by default */
  constructor(private readonly servers?: readonly string[]) {
    super();
  }

  async addressesOf(name: string, signal: AbortSignal): Promise<string[]> {
    // RFC 6761: never asked of a server.
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1'];
    const resolver = new Resolver({ timeout: SERVER_TIMEOUT_MS, tries: TRIES });
    if (this.servers) resolver.setServers(this.servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      if (addresses.length > 0) return addresses;
      const transient = answers.some(
        (answer) =>
          answer.status === 'rejected' &&
          !NO_SUCH_NAME.has((answer.reason as NodeJS.ErrnoException).code ?? ''),
      );
      throw new NameError(name, transient);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
}
