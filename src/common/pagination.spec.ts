import fc from 'fast-check';
import { AppError } from './app-error';
import { decodeCursor, encodeCursor, MAX_PAGE_SIZE, PageQuery, pageSize, toPage } from './pagination';

const keys = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 });
const filters = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constant(null), fc.array(fc.string())));

function refusalOf(cursor: string, length = 1, filtersNow: object = {}): AppError {
  try {
    decodeCursor(cursor, length, filtersNow);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error(`the cursor ${cursor} was accepted`);
}

describe('a cursor', () => {
  it('brings back the key that it was made of, whatever its letters', () => {
    fc.assert(
      fc.property(keys, filters, (key, filter) => {
        const cursor = encodeCursor(key, filter);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor, key.length, filter)).toEqual(key);
      }),
    );
  });

  it('is refused with other filters, since it would skip rows', () => {
    fc.assert(
      fc.property(keys, filters, filters, (key, before, now) => {
        fc.pre(JSON.stringify(before) !== JSON.stringify(now));
        expect(refusalOf(encodeCursor(key, before), key.length, now).code).toBe('invalid_cursor');
      }),
    );
  });

  it('is refused by a list with a key of another length', () => {
    expect(refusalOf(encodeCursor(['a', 'b'], {}), 1).code).toBe('invalid_cursor');
  });

  it.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('next').toString('base64url')],
    ['no list', Buffer.from('{"length":2}').toString('base64url')],
    ['a list with numbers', Buffer.from('["x",1]').toString('base64url')],
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

  it('whose key was altered is refused before the database sees it', () => {
    const parts = JSON.parse(Buffer.from(encodeCursor(['a', 'b'], {}), 'base64url').toString()) as string[];
    const altered = JSON.stringify(parts.with(2, '\0'));
    expect(refusalOf(Buffer.from(altered).toString('base64url'), 2).code).toBe('invalid_cursor');
  });

  it('may be left out', () => {
    expect(decodeCursor(undefined, 1, {})).toBeUndefined();
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

describe('toPage', () => {
  it('walks every row once, in order, whatever the size', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 12 }), (count, size) => {
        // Keys of one length, so that they sort as the numbers do.
        const all = Array.from({ length: count }, (_, index) => String(index).padStart(3, '0'));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const [after = ''] = decodeCursor(cursor, 1, { a: 1 }) ?? [];
          const rows = all.filter((key) => key > after).slice(0, size + 1);
          const page = toPage(
            rows,
            size,
            (row) => row,
            (row) => [row],
            { a: 1 },
          );
          expect(page.data.length).toBeLessThanOrEqual(size);
          seen.push(...page.data);
          cursor = page.next_cursor ?? undefined;
        } while (cursor !== undefined);
        expect(seen).toEqual(all);
      }),
    );
  });

  it('has no next cursor on a last page that is full', () => {
    const page = toPage(
      [1, 2],
      2,
      (row) => row,
      (row) => [String(row)],
      {},
    );
    expect(page).toEqual({ data: [1, 2], next_cursor: null });
  });
});
