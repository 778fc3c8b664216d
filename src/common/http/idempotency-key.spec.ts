import fc from 'fast-check';
import { AppError } from '../app-error';
import { parseIdempotencyKey } from './idempotency-key';

/** RFC 8941, section 4.1.6: how a string is written in a structured field. */
const asStructuredField = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`;

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
const key = fc.string({ unit: printable, minLength: 1, maxLength: 255 });

function refusalOf(header: string): AppError {
  try {
    parseIdempotencyKey(header);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error(`${JSON.stringify(header)} was accepted`);
}

describe('parseIdempotencyKey', () => {
  it('reads every key that a structured field can carry', () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(parseIdempotencyKey(asStructuredField(text))).toBe(text);
      }),
    );
  });

  it('reads the bare form as the same key', () => {
    const bare = '8e03978e-40d5-43e8-bc93-6894a57f9324';
    expect(parseIdempotencyKey(bare)).toBe(bare);
    expect(parseIdempotencyKey(`"${bare}"`)).toBe(bare);
  });

  it('is optional', () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  it.each([
    ['empty', '', '1 to 255 characters'],
    ['an empty string', '""', '1 to 255 characters'],
    ['not closed', '"abc', 'one string in quotes, with \\" and \\\\ for'],
    ['closed too early', '"a"b"', 'one string in quotes'],
    ['wrongly escaped', '"a\\b"', 'one string in quotes'],
    ['two words', 'two words', 'in quotes where it has blanks or quotes: "orders of 2016"'],
    ['in part in quotes', 'a"b"', 'in quotes where it has blanks or quotes'],
    ['two keys', '"a", "b"', 'one string in quotes'],
    ['a control character', '"a\tb"', 'printable ASCII'],
    ['not ASCII', '"ключ"', 'printable ASCII'],
    ['not ASCII, without quotes', 'ключ', 'printable ASCII'],
    ['too long', 'a'.repeat(256), '1 to 255 characters'],
    ['too long in quotes', `"${'a'.repeat(256)}"`, '1 to 255 characters'],
  ])('refuses one that is %s, and says why', (_what, header, why) => {
    expect(refusalOf(header)).toMatchObject({
      kind: 'unprocessable',
      details: { errors: [{ field: 'Idempotency-Key', message: expect.stringContaining(why) }] },
    });
  });

  it('counts the key, not its escapes', () => {
    expect(parseIdempotencyKey(asStructuredField('"'.repeat(255)))).toHaveLength(255);
    expect(refusalOf(asStructuredField('"'.repeat(256))).code).toBe('invalid_request');
  });

  it('either gives a key within its bounds or refuses, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        try {
          const text = parseIdempotencyKey(header);
          expect(text).toMatch(/^[\x20-\x7e]{1,255}$/);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
