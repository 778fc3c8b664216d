import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { networkInterfaces } from 'node:os';
import { AppConfig } from '../../config/app-config';
import { hostOf, parseCallbackUrl, portOf, UnusableUrlError } from './callback-url';
import { NameResolver } from './name-resolver';
import { isInRanges, isPublicAddress } from './public-address';

/** An address that must not be called. The message is for our log; the URL's owner learns no more than that. */
export class EgressRefusedError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'EgressRefusedError';
  }
}

/** Names that only a private network answers to (RFC 6761, 6762, 8375, 9476 and ICANN's reserved ones). */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|intranet|private|corp|home|lan|home\.arpa|alt|onion)$/;

/**
 * Decides where callbacks may go: to public addresses by https, and to the ranges that the operator allows, by http
 * too. A name is looked up anew each time, and one answer that may not be called refuses the whole name.
 */
@Injectable()
export class EgressGuard {
  constructor(
    private readonly config: AppConfig,
    private readonly resolver: NameResolver,
  ) {}

  /** @throws UnusableUrlError when the text can be no callback URL, whatever it resolves to */
  parse(text: string): URL {
    const url = parseCallbackUrl(text);
    const own = new URL(this.config.publicUrl);
    if (url.hostname === own.hostname && portOf(url) === portOf(own)) {
      throw new UnusableUrlError('must not lead back to this service');
    }
    return url;
  }

  /**
   * The addresses that the URL may be called at, now.
   *
   * @throws EgressRefusedError, NameError
   */
  async addressesOf(url: URL, signal: AbortSignal): Promise<string[]> {
    const host = hostOf(url);
    const addresses = ipaddr.isValid(host) ? [host] : await this.resolver.addressesOf(host, signal);
    for (const address of addresses) this.check(address, url);
    return addresses;
  }

  /** @throws EgressRefusedError when the URL must not be called at this address */
  check(address: string, url: URL): void {
    const port = portOf(url);
    if (this.isOwnListener(address, port))
      throw new EgressRefusedError(`${address}:${port} is this service itself.`);
    if (isInRanges(address, this.config.callbackAllowedAddresses)) return;
    if (url.protocol !== 'https:')
      throw new EgressRefusedError(`${address} may not be called by plain http.`);
    const host = hostOf(url);
    if (!ipaddr.isValid(host) && (!host.includes('.') || PRIVATE_NAME.test(host))) {
      throw new EgressRefusedError(`${host} is a name of a private network.`);
    }
    if (!isPublicAddress(address)) throw new EgressRefusedError(`${address} is not a public address.`);
  }

  private isOwnListener(address: string, port: number): boolean {
    if (port !== this.config.port || !ipaddr.isValid(address)) return false;
    const plain = ipaddr.process(address);
    if (plain.range() === 'loopback' || plain.range() === 'unspecified') return true;
    const own = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
    return own.some(
      (each) => ipaddr.process(each.address.replace(/%.*$/, '')).toString() === plain.toString(),
    );
  }
}
