import fc from 'fast-check';
import { parseCallbackUrl, portOf, UnusableUrlError } from './callback-url';

/** Each of these is, to some reader, another host than it seems; most are 127.0.0.1. */
const REFUSED = [
  ...['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://017700000001/', 'http://127.1/'],
  ...['http://127.0.0.1./', 'http://①②⑦.⓪.⓪.①/', 'http://127。0。0。1/', 'http://%31%32%37.0.0.1/'],
  ...['http:127.0.0.1', 'http:/\\127.0.0.1', 'https:///127.0.0.1', 'http:\\\\127.0.0.1', '//127.0.0.1/'],
  ...['http://localhost./', 'https://a..b/', 'https://user@example.com/', 'https://user:pass@example.com/'],
  ...['https://a\\@b/', 'https://a\\b/', 'https://exa\u00admple.com/', 'https://bücher.example/'],
  ...[
    'file:///etc/passwd',
    'gopher://127.0.0.1:70/',
    'data:text/plain,x',
    'ftp://example.com/',
    'javascript:1',
  ],
  ...[
    'https://example.com:0/',
    'http://example.com:22/',
    'http://example.com:25/',
    'http://example.com:5432/',
  ],
  ...['http://example.com:6379/', 'http://example.com:99999/', 'https://example.com:/x y'],
  ...[
    'https://example.com/\r\nX: y',
    'https://example.com/\n',
    '\thttps://example.com/',
    'https://example.com/\0',
  ],
  ...[
    ' https://example.com/',
    'https://example.com/ ',
    'https://',
    'https://[::1',
    'https://[fe80::1%25eth0]/',
  ],
  ...[
    'https://exa mple.com/',
    'https://example.com@127.0.0.1/',
    'example.com',
    '',
    'https://ex%2eample.com/',
  ],
  `https://example.com/${'x'.repeat(2_048)}`,
  // Short as it is written, long as it is sent.
  `https://example.com/${'\u6f22'.repeat(300)}`,
  `https://example.com/?q=${'\u6f22'.repeat(300)}`,
];

it.each(REFUSED)('refuses %j', (text) => expect(() => parseCallbackUrl(text)).toThrow(UnusableUrlError));

it.each([
  ['https://example.com', 'https://example.com/', 443],
  ['http://127.0.0.1:4000/hook', 'http://127.0.0.1:4000/hook', 4000],
  ['https://[2606:4700::1111]:8443/a?b=c%20d', 'https://[2606:4700::1111]:8443/a?b=c%20d', 8443],
  ['HTTPS://Example.COM/Path', 'https://example.com/Path', 443],
  ['https://example.com:443/', 'https://example.com/', 443],
  ['https://xn--bcher-kva.example/', 'https://xn--bcher-kva.example/', 443],
  ['https://example.com/hook#part', 'https://example.com/hook', 443],
  ['https://example.com?job=1', 'https://example.com/?job=1', 443],
])('reads %j as %j', (text, href, port) => {
  const url = parseCallbackUrl(text);
  expect(url.href).toBe(href);
  expect(portOf(url)).toBe(port);
});

it('either refuses a text, or sees the host that stands in it', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.domain(),
    fc.ipV4(),
    fc.constantFrom('@', '\\', ':', '.', '%2e'),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const text = `https://${parts.join('')}`;
      try {
        const url = parseCallbackUrl(text);
        expect(text.toLowerCase().startsWith(`https://${url.hostname}`)).toBe(true);
        expect(url.username + url.password).toBe('');
        expect(Buffer.byteLength(url.href)).toBeLessThanOrEqual(2_048);
      } catch (error) {
        expect(error).toBeInstanceOf(UnusableUrlError);
      }
    }),
  );
});
