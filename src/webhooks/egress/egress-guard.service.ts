import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { isIP } from 'node:net';
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

interface AddressKind {
  /** By the operator. */
  allowed: boolean;
  isPublic: boolean;
}

const KINDS_KEPT = 4_096;

/**
 * Decides where callbacks may go: to public addresses by https, and to the ranges that the operator allows, by http
 * too. A name is looked up anew each time, and one answer that may not be called refuses the whole name.
 */
@Injectable()
export class EgressGuardService {
  /** What an address is never changes while the process runs; to read the ranges anew for each attempt is slow. */
  private readonly kinds = new LRUCache<string, AddressKind>({ max: KINDS_KEPT });

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
    const literal = this.literalOf(url);
    if (literal !== null) return [literal];
    const addresses = await this.resolver.addressesOf(hostOf(url), signal);
    for (const address of addresses) this.check(address, url);
    return addresses;
  }

  /**
   * The address that the URL itself names; `null` when it has a name that must be looked up.
   *
   * @throws EgressRefusedError
   */
  literalOf(url: URL): string | null {
    const host = hostOf(url);
    if (isIP(host) === 0) return null;
    this.check(host, url);
    return host;
  }

  /** @throws EgressRefusedError when the URL must not be called at this address */
  check(address: string, url: URL): void {
    const port = portOf(url);
    if (this.isOwnListener(address, port))
      throw new EgressRefusedError(`${address}:${port} is this service itself.`);
    const { allowed, isPublic } = this.kindOf(address);
    if (allowed) return;
    if (url.protocol !== 'https:')
      throw new EgressRefusedError(`${address} may not be called by plain http.`);
    const host = hostOf(url);
    if (isIP(host) === 0 && (!host.includes('.') || PRIVATE_NAME.test(host))) {
      throw new EgressRefusedError(`${host} is a name of a private network.`);
    }
    if (!isPublic) throw new EgressRefusedError(`${address} is not a public address.`);
  }

  private kindOf(address: string): AddressKind {
    const known = this.kinds.get(address);
    if (known) return known;
    const kind = {
      allowed: isInRanges(address, this.config.callbackAllowedAddresses),
      isPublic: isPublicAddress(address),
    };
    this.kinds.set(address, kind);
    return kind;
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
