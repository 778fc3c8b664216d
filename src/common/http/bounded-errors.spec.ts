import fc from 'fast-check';
import { boundedErrors, cut } from './bounded-errors';

it('keeps few and short errors as they are', () => {
  const errors = [{ field: 'lines.0.sku', message: 'sku must be a string' }];
  expect(boundedErrors(errors)).toEqual(errors);
});

it('stays far below 64 KB, whatever the names, and names a hundred at most', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1_000 }),
    fc.constantFrom('\u0001'.repeat(90_000), '€'.repeat(30_000), '\ud800'.repeat(1_000)),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ field: text, message: text }), { maxLength: 300 }), (errors) => {
      const named = boundedErrors(errors);
      expect(Buffer.byteLength(JSON.stringify(named))).toBeLessThan(50 * 1024);
      expect(named.length).toBeLessThanOrEqual(100);
      if (errors.length > 0) expect(named.length).toBeGreaterThan(0);
      for (const { field, message } of named) {
        expect(field.length).toBeLessThanOrEqual(200);
        expect(message.length).toBeLessThanOrEqual(500);
      }
    }),
    { numRuns: 50 },
  );
});

it.each(['\u0001', '€', '\ud800', '"'])(
  'names fewer of a hundred that are long in letters like %j',
  (letter) => {
    const errors = Array.from({ length: 100 }, () => ({
      field: letter.repeat(90_000),
      message: letter.repeat(500),
    }));
    const bytes = Buffer.byteLength(JSON.stringify(boundedErrors(errors)));
    expect(bytes).toBeGreaterThan(40 * 1024);
    expect(bytes).toBeLessThan(50 * 1024);
  },
);

it('cuts between letters', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdefg', 6)).toBe('abcde…');
  expect(cut('abcd😀fg', 6)).toBe('abcd…');
});
