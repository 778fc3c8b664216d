import fc from 'fast-check';
import { appliedPreferences, MAX_WAIT_SECONDS, parsePrefer, preferencesOf } from './prefer';

const parsed = (header: string): Record<string, string> => Object.fromEntries(parsePrefer(header));

describe('Prefer', () => {
  // The examples of RFC 7240.
  it.each([
    ['respond-async, wait=10', { 'respond-async': '', wait: '10' }],
    ['respond-async,\twait=100, handling=lenient', { 'respond-async': '', wait: '100', handling: 'lenient' }],
    ['foo; bar', { foo: '' }],
    ['foo; bar=""', { foo: '' }],
    ['foo=""; bar', { foo: '' }],
    ['Lenient ; a=1 ; b, WAIT = 5', { lenient: '', wait: '5' }],
    ['priority=5, priority=9', { priority: '5' }],
    ['a="x, wait=3; y", wait=7', { a: 'x, wait=3; y', wait: '7' }],
    [String.raw`a="q\"uo\\te"`, { a: 'q"uo\\te' }],
    [', ,respond-async,,', { 'respond-async': '' }],
    ['', {}],
  ])('reads %s', (header, expected) => {
    expect(parsed(header)).toEqual(expected);
  });

  it.each([
    ['wait=1@2, respond-async', { 'respond-async': '' }],
    ['@, wait=3', { wait: '3' }],
    ['a="open, wait=3', {}],
    ['(wait=3), b=1', { b: '1' }],
    ['x; y z, b=1', { x: '', b: '1' }],
  ])('ignores what does not read in %s', (header, expected) => {
    expect(parsed(header)).toMatchObject(expected);
    expect(parsed(header)).not.toHaveProperty('wait', '1');
  });

  const token = fc.stringMatching(/^[a-z!#$%&'*+.^_|~0-9-]{1,8}$/);
  const word = fc.oneof(token, fc.string({ unit: 'grapheme-ascii', maxLength: 12 }));
  const preference = fc.record({
    name: token,
    value: word,
    parameters: fc.array(fc.tuple(token, word), { maxLength: 2 }),
  });
  const quote = (text: string): string => `"${text.replace(/[\\"]/g, String.raw`\$&`)}"`;

  it('reads back whatever is written by the grammar', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(preference, { selector: ({ name }) => name, maxLength: 8 }),
        fc.constantFrom(',', ', ', ' ,\t'),
        (preferences, comma) => {
          const header = preferences
            .map(({ name, value, parameters }) =>
              [`${name}=${quote(value)}`, ...parameters.map(([key, text]) => `${key}=${quote(text)}`)].join(
                '; ',
              ),
            )
            .join(comma);
          expect(parsed(header)).toEqual(
            Object.fromEntries(preferences.map(({ name, value }) => [name, value])),
          );
        },
      ),
    );
  });

  it('never throws and never hangs', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '=', ';', ',', '"', '\\', ' ', '\t', '@'), maxLength: 200 }),
        (header) => {
          parsePrefer(header);
        },
      ),
    );
  });

  it('ignores a header that is longer than anybody needs', () => {
    expect(parsed(`wait=1${' '.repeat(2_000)}`)).toEqual({});
  });
});

describe('the preferences of this API', () => {
  it.each([
    [undefined, { respondAsync: false, waitSeconds: undefined }],
    ['respond-async', { respondAsync: true, waitSeconds: undefined }],
    ['Respond-Async, wait="10"', { respondAsync: true, waitSeconds: 10 }],
    ['wait=0', { respondAsync: false, waitSeconds: 0 }],
    ['wait=86400', { respondAsync: false, waitSeconds: MAX_WAIT_SECONDS }],
    ['wait=-1', { respondAsync: false, waitSeconds: undefined }],
    ['wait=1.5', { respondAsync: false, waitSeconds: undefined }],
    ['wait', { respondAsync: false, waitSeconds: undefined }],
  ])('finds in %s', (header, expected) => {
    expect(preferencesOf(header)).toEqual(expected);
  });

  it('names what was applied', () => {
    expect(appliedPreferences({ respondAsync: true, waitSeconds: 5 })).toBe('respond-async, wait=5');
    expect(appliedPreferences({ respondAsync: false, waitSeconds: 5 })).toBe('wait=5');
    expect(appliedPreferences({ respondAsync: false, waitSeconds: undefined })).toBe('');
  });
});
