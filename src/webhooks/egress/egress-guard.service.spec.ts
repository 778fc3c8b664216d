import type { AppConfig } from '../../config/app-config';
import { UnusableUrlError } from './callback-url';
import { EgressGuardService, EgressRefusedError } from './egress-guard.service';
import { NameError, NameResolver } from './name-resolver';

const ANSWERS: Record<string, string[]> = {
  'public.example': ['93.184.216.34', '2606:4700::1111'],
  'only6.example': ['2606:4700::1111'],
  'private.example': ['10.0.0.7'],
  'mixed.example': ['93.184.216.34', '10.0.0.7'],
  'mixed6.example': ['93.184.216.34', '::1'],
  'metadata.google.internal': ['169.254.169.254'],
  'rebound.internal': ['93.184.216.34'],
  intranet: ['93.184.216.34'],
  'loop.example': ['127.0.0.1'],
};

class StubResolver extends NameResolver {
  addressesOf(name: string): Promise<string[]> {
    const addresses = ANSWERS[name];
    return addresses
      ? Promise.resolve(addresses)
      : Promise.reject(new NameError(name, name.startsWith('slow')));
  }
}

const guardWith = (callbackAllowedAddresses: string[] = []): EgressGuardService =>
  new EgressGuardService(
    { callbackAllowedAddresses, publicUrl: 'https://reports.example', port: 3000 } as unknown as AppConfig,
    new StubResolver(),
  );

const resolve = (text: string, allowed?: string[]): Promise<string[]> => {
  const guard = guardWith(allowed);
  return guard.addressesOf(guard.parse(text), new AbortController().signal);
};

describe('by default', () => {
  it.each([
    ['https://93.184.216.34/'],
    ['https://[2606:4700::1111]/'],
    ['https://public.example/hook'],
    ['https://only6.example/'],
  ])('allows %s', async (text) => expect((await resolve(text)).length).toBeGreaterThan(0));

  it.each([
    ['a literal loopback address', 'https://127.0.0.1/'],
    ['a literal metadata address', 'https://169.254.169.254/latest/meta-data'],
    ['a literal IPv6 loopback address', 'https://[::1]/'],
    ['an IPv4 address in IPv6', 'https://[::ffff:127.0.0.1]/'],
    ['an unallocated IPv6 address', 'https://[4000::1]/'],
    ['http, even to a public address', 'http://93.184.216.34/'],
    ['http, even to a public name', 'http://public.example/'],
    ['a name with a private address', 'https://private.example/'],
    ['a name with one private address among public ones', 'https://mixed.example/'],
    ['a name with IPv6 loopback among public ones', 'https://mixed6.example/'],
    ['a metadata name', 'https://metadata.google.internal/'],
    ['a private name, whatever it resolves to', 'https://rebound.internal/'],
    ['a single label, whatever it resolves to', 'https://intranet/'],
  ])('refuses %s', async (_what, text) => {
    await expect(resolve(text)).rejects.toThrow(EgressRefusedError);
  });

  it('says that a name does not exist, and whether looking again may help', async () => {
    await expect(resolve('https://nowhere.example/')).rejects.toMatchObject({ transient: false });
    await expect(resolve('https://slow.example/')).rejects.toMatchObject({ transient: true });
  });

  it('refuses itself', () => {
    expect(() => guardWith().parse('https://reports.example/v1/jobs')).toThrow(UnusableUrlError);
    expect(() => guardWith().parse('https://reports.example:443/v1/jobs')).toThrow(UnusableUrlError);
    expect(guardWith().parse('https://reports.example:8443/').port).toBe('8443');
  });
});

describe('with allowed ranges', () => {
  it('allows them, by http too, and nothing else', async () => {
    await expect(resolve('http://127.0.0.1:4000/', ['127.0.0.0/8'])).resolves.toEqual(['127.0.0.1']);
    await expect(resolve('http://[::ffff:127.0.0.1]:4000/', ['127.0.0.0/8'])).resolves.toHaveLength(1);
    await expect(resolve('http://loop.example:4000/', ['127.0.0.0/8'])).resolves.toEqual(['127.0.0.1']);
    await expect(resolve('https://private.example/', ['10.0.0.0/8'])).resolves.toEqual(['10.0.0.7']);
    await expect(resolve('https://mixed.example/', ['10.0.0.0/8'])).resolves.toHaveLength(2);
    await expect(resolve('http://mixed.example/', ['10.0.0.0/8'])).rejects.toThrow(EgressRefusedError);
    await expect(resolve('https://[::1]/', ['127.0.0.0/8'])).rejects.toThrow(EgressRefusedError);
    await expect(resolve('https://169.254.169.254/', ['127.0.0.0/8'])).rejects.toThrow(EgressRefusedError);
  });

  it('still refuses its own listener, by any of its addresses', async () => {
    for (const host of ['127.0.0.1', '127.9.9.9', 'loop.example', '0.0.0.0']) {
      await expect(resolve(`http://${host}:3000/`, ['0.0.0.0/0'])).rejects.toThrow(/this service itself/);
    }
  });
});
