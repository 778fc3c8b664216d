import fc from 'fast-check';
import { validateHeaderValue } from 'node:http';
import { headersProblem, MOST_HEADERS, toHeaders } from './endpoint-headers';

const name = fc.stringMatching(/^x-[a-z0-9-]{1,20}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,100}[!-~])?$/);

describe('headers of an endpoint', () => {
  it('are taken where they are names and values', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: MOST_HEADERS, noNullPrototype: true }), (headers) => {
        expect(headersProblem(headers)).toBeUndefined();
        expect(toHeaders(headers)).toEqual(headers);
      }),
    );
  });

  it('are never what a message could be framed or forged by, in any case', () => {
    const forbidden = fc.constantFrom(
      ...['host', 'connection', 'transfer-encoding', 'content-length', 'content-type', 'content-encoding'],
      ...['webhook-id', 'webhook-signature', 'webhook-anything', 'te', 'trailer', 'upgrade', 'keep-alive'],
      ...['proxy-authorization', 'proxy-connection', 'expect', 'http2-settings'],
    );
    const inAnyCase = forbidden.chain((text) =>
      fc
        .infiniteStream(fc.boolean())
        .map((upper) => text.replace(/./g, (c) => (upper.next().value === true ? c.toUpperCase() : c))),
    );
    fc.assert(
      fc.property(inAnyCase, value, (header, content) =>
        expect(headersProblem({ [header]: content })).toBe(`headers must not have ${header}`),
      ),
    );
  });

  it('have values that Node would send as they are, and no other reaches it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        if (headersProblem({ 'x-key': text }) !== undefined) return;
        validateHeaderValue('x-key', text);
        expect(text).toBe(text.trim());
        expect(text).toMatch(/^[\t\x20-\x7e]+$/);
      }),
    );
  });

  it.each([
    ['x-key', 'a\r\nwebhook-id: forged'],
    ['x-key', 'a\nb'],
    ['x-key', ''],
    ['x-key', ' a'],
    ['x-key', 'é'],
    ['x-key', 'a'.repeat(2_049)],
    ['x-key', 1],
    ['x-key', null],
    ['x key', 'a'],
    ['x-key:', 'a'],
    ['', 'a'],
    ['x'.repeat(65), 'a'],
  ])('refuse %j: %j, and show no value', (header, content) => {
    const problem = headersProblem({ [header]: content });
    expect(problem).toMatch(/^headers must have /);
    expect(problem).not.toContain('forged');
  });

  it('refuse the same name twice, too many, and too much', () => {
    expect(headersProblem({ 'X-Key': 'a', 'x-key': 'b' })).toMatch(/x-key once/);
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`x-${index}`, 'a']));
    expect(headersProblem(many)).toBe('headers must be at most 10');
    const long = Object.fromEntries(
      Array.from({ length: 4 }, (_, index) => [`x-${index}`, 'a'.repeat(2_000)]),
    );
    expect(headersProblem(long)).toBe('headers must have at most 6000 characters in all');
    for (const none of [[], 'a', 1, null]) expect(headersProblem(none)).toMatch(/must be an object/);
  });

  it('take a name that an object has by itself', () => {
    const given = JSON.parse('{"__proto__": "a", "Authorization": "Basic b"}') as Record<string, string>;
    expect(headersProblem(given)).toBeUndefined();
    expect(Object.entries(toHeaders(given))).toEqual([
      ['__proto__', 'a'],
      ['authorization', 'Basic b'],
    ]);
  });
});
