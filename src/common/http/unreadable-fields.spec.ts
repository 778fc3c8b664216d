import fc from 'fast-check';
import { INPUT_LIMITS, unreadableFields } from './unreadable-fields';

const { elements, fields, values, depth, errors } = INPUT_LIMITS;
const object = (count: number, value: unknown = 1): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, value]));
const nested = (levels: number): unknown =>
  JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as unknown;

it.each<[string, unknown]>([
  ['elements', { a: Array(elements).fill(1) }],
  ['fields', object(fields)],
  ['values', { a: Array(2_000).fill(1), b: Array(2_000).fill(1), c: Array(values - 4_003).fill(1) }],
  ['levels', nested(depth)],
])('takes as many %s as there may be', (_what, input) => {
  expect(unreadableFields(input)).toEqual([]);
});

it.each<[string, unknown, string, string]>([
  ['elements', { a: Array(elements + 1).fill(1) }, 'a', 'a must have at most 2000 elements'],
  ['fields', object(fields + 1), '', 'the body must have at most 500 fields'],
  [
    'values',
    { a: Array(2_000).fill(1), b: Array(2_000).fill(1), c: Array(values - 4_002).fill(1) },
    '',
    'the body must have at most 5000 values in all',
  ],
  [
    'levels',
    nested(depth + 2),
    Array(depth + 1)
      .fill('a')
      .join('.'),
    '',
  ],
])('refuses one more of the %s, by one error', (_what, input, field, message) => {
  expect(unreadableFields(input)).toEqual([{ field, message: expect.stringContaining(message) as string }]);
});

it('says nothing else of what is more than is validated', () => {
  const input = { bad: '\0', a: Array(elements + 1).fill('\0') };
  expect(unreadableFields(input)).toMatchObject([{ field: 'a' }]);
});

it('looks at no more values than there may be, and names no more errors, whatever is sent', () => {
  fc.assert(
    fc.property(fc.nat(400), fc.nat(400), fc.boolean(), (width, height, isBad) => {
      let seen = 0;
      const row = new Proxy(
        Array.from({ length: width }, () => (isBad ? '\0' : 'a')),
        {
          get: (list, name, self): unknown => {
            if (typeof name === 'string' && /^\d+$/.test(name)) seen += 1;
            return Reflect.get(list, name, self);
          },
        },
      );
      const found = unreadableFields(Array(height).fill(row));
      expect(seen).toBeLessThanOrEqual(values);
      expect(found.length).toBeLessThanOrEqual(errors);
      if (width * height + height > values && !isBad) expect(found).toHaveLength(1);
    }),
  );
});
