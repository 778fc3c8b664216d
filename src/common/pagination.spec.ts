import fc from 'fast-check';
import { AppError } from './app-error';
import {
  CursorPart,
  decodeCursor,
  encodeCursor,
  ListOf,
  MAX_PAGE_SIZE,
  PageQuery,
  pageSize,
} from './pagination';

const SECRET = Buffer.alloc(32, 1) as Buffer;
const ORDERS: ListOf = { list: 'orders', clientId: 'a' };
const ID = '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11';

const keys = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 });
const filters = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constant(null), fc.array(fc.string())));
const textParts = (key: string[]): CursorPart[] => key.map(() => 'text');

function refusalOf(cursor: string, parts: CursorPart[] = ['text'], of = ORDERS, secret = SECRET): AppError {
  try {
    decodeCursor(secret, cursor, parts, of);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error(`the cursor ${cursor} was accepted`);
}

/** A cursor with another content, as somebody without the secret can make it. */
function altered(cursor: string, change: (parts: string[]) => unknown): string {
  const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
  return Buffer.from(JSON.stringify(change(parts))).toString('base64url');
}

describe('a cursor', () => {
  it('brings back the key that it was made of, whatever its letters', () => {
    fc.assert(
      fc.property(keys, filters, (key, filter) => {
        fc.pre(!key.some((text) => text.includes('\0')));
        const of = { ...ORDERS, filters: filter };
        const cursor = encodeCursor(SECRET, key, of);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(SECRET, cursor, textParts(key), of)).toEqual(key);
      }),
    );
  });

  it('is refused with other filters, since it would skip rows', () => {
    fc.assert(
      fc.property(keys, filters, filters, (key, before, now) => {
        fc.pre(JSON.stringify(before) !== JSON.stringify(now));
        const cursor = encodeCursor(SECRET, key, { ...ORDERS, filters: before });
        expect(refusalOf(cursor, textParts(key), { ...ORDERS, filters: now }).code).toBe('invalid_cursor');
      }),
    );
  });

  it.each<[string, ListOf, Buffer]>([
    ['another list', { ...ORDERS, list: 'jobs' }, SECRET],
    ['another client', { ...ORDERS, clientId: 'b' }, SECRET],
    ['all clients', { ...ORDERS, clientId: null }, SECRET],
    ['another database', ORDERS, Buffer.alloc(32, 2)],
  ])('is refused by %s', (_what, of, secret) => {
    expect(refusalOf(encodeCursor(SECRET, ['a'], ORDERS), ['text'], of, secret).code).toBe('invalid_cursor');
  });

  it('is refused by a list with a key of another length', () => {
    expect(refusalOf(encodeCursor(SECRET, ['a', 'b'], ORDERS)).code).toBe('invalid_cursor');
  });

  it.each<[string, CursorPart]>([
    ['x', 'id'],
    ["' OR 1=1--", 'id'],
    ['1'.repeat(40), 'id'],
    ['', 'id'],
    ['yesterday', 'time'],
    ['2016-02-30', 'time'],
    ['a\0b', 'text'],
    ['\ud800', 'text'],
  ])('of our own with the part %j for %s is refused: it would be an error of the database', (part, kind) => {
    expect(refusalOf(encodeCursor(SECRET, [part], ORDERS), [kind]).code).toBe('invalid_cursor');
  });

  it.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('next').toString('base64url')],
    ['no list', Buffer.from('{"length":2}').toString('base64url')],
    ['a list with numbers', Buffer.from('["x",1]').toString('base64url')],
    ['an empty list', Buffer.from('[]').toString('base64url')],
    ['one from before cursors had a secret', Buffer.from(`["1UwZ4nZ1C6mF","${ID}"]`).toString('base64url')],
    ['empty', ''],
  ])('that is %s is refused and named', (_what, cursor) => {
    expect(refusalOf(cursor)).toMatchObject({
      kind: 'bad_request',
      code: 'invalid_cursor',
      details: { errors: [{ field: 'cursor' }] },
    });
  });

  it('that was never made here is refused, and breaks nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(refusalOf(text).code).toBe('invalid_cursor')));
  });

  it('in which anything was altered is refused', () => {
    const cursor = encodeCursor(SECRET, [ID], ORDERS);
    fc.assert(
      fc.property(fc.string(), fc.string(), (code, part) => {
        fc.pre(part !== ID);
        expect(
          refusalOf(
            altered(cursor, ([own]) => [own, part]),
            ['text'],
          ).code,
        ).toBe('invalid_cursor');
        expect(
          refusalOf(
            altered(cursor, () => [code, ID]),
            ['id'],
          ).code,
        ).toBe('invalid_cursor');
      }),
    );
  });
});

describe('pageSize', () => {
  it.each([
    [undefined, 20],
    [1, 1],
    [100, 100],
    [1_000_000, MAX_PAGE_SIZE],
  ])('of %s is %s', (asked, used) => {
    expect(pageSize(Object.assign(new PageQuery(), { page_size: asked }))).toBe(used);
  });
});
