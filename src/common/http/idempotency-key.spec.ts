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
    ['empty', ''],
    ['an empty string', '""'],
    ['not closed', '"abc'],
    ['closed too early', '"a"b"'],
    ['wrongly escaped', '"a\\b"'],
    ['two words', 'two words'],
    ['two keys', '"a", "b"'],
    ['a control character', '"a\tb"'],
    ['not ASCII', '"ключ"'],
    ['too long', 'a'.repeat(256)],
    ['too long in quotes', `"${'a'.repeat(256)}"`],
  ])('refuses one that is %s, and names the header', (_what, header) => {
    expect(refusalOf(header)).toMatchObject({
      kind: 'unprocessable',
      details: { errors: [{ field: 'Idempotency-Key' }] },
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
