import fc from 'fast-check';
import { faultsOfMetadata, faultsOfTags, LABEL_LIMITS } from './job-labels';

/** Text that may be in a label, of so many code points. */
const plain = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', minLength, maxLength }).filter((text) => !/\p{Cc}|\p{Surrogate}/u.test(text));
const name = plain(1, LABEL_LIMITS.nameCharacters).filter((text) => !(text in Object.prototype));
const metadata = fc
  .dictionary(name, plain(0, 60), { maxKeys: LABEL_LIMITS.pairs, noNullPrototype: true })
  .filter((all) => Buffer.byteLength(JSON.stringify(all)) <= LABEL_LIMITS.metadataBytes);
const tags = fc.uniqueArray(plain(1, LABEL_LIMITS.tagCharacters), { maxLength: LABEL_LIMITS.tags });
const fieldsOf = (faults: { field: string }[]): string[] => faults.map(({ field }) => field);

const CONTROL = ['\0', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085', '\u009f'];
const HALVES = ['\ud800', '\udfff', 'a\ud83d'];

it('takes whatever is within the bounds', () => {
  fc.assert(fc.property(metadata, (all) => expect(faultsOfMetadata(all)).toEqual([])));
  fc.assert(fc.property(tags, (all) => expect(faultsOfTags(all)).toEqual([])));
});

it('takes what is just at a bound, and nothing beyond', () => {
  const [wide, long] = ['\u{1f4a9}'.repeat(40), '\u{1f4a9}'.repeat(50)];
  expect(faultsOfMetadata({ [wide]: '' })).toEqual([]);
  expect(fieldsOf(faultsOfMetadata({ [`${wide}a`]: '' }))).toEqual([`.${wide}a`]);
  expect(faultsOfTags([long])).toEqual([]);
  expect(fieldsOf(faultsOfTags(['a', `${long}a`]))).toEqual(['[1]']);
  expect(fieldsOf(faultsOfTags([''])).concat(fieldsOf(faultsOfMetadata({ '': 'a' })))).toEqual(['[0]', '.']);

  const pairs = (number: number): object =>
    Object.fromEntries(Array.from({ length: number }, (_, n) => [`n${n}`, '']));
  expect(faultsOfMetadata(pairs(20))).toEqual([]);
  expect(fieldsOf(faultsOfMetadata(pairs(21)))).toEqual(['']);
  const list = (number: number): string[] => Array.from({ length: number }, (_, n) => `t${n}`);
  expect(faultsOfTags(list(10))).toEqual([]);
  expect(fieldsOf(faultsOfTags(list(11)))).toEqual(['']);

  const text = (bytes: number): object => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
  expect(faultsOfMetadata(text(4_096))).toEqual([]);
  expect(fieldsOf(faultsOfMetadata(text(4_097)))).toEqual(['']);
  // As bytes of JSON: what is escaped, and what is not ASCII, counts so.
  expect(fieldsOf(faultsOfMetadata({ a: '"'.repeat(2_045) }))).toEqual(['']);
  expect(fieldsOf(faultsOfMetadata({ a: '\u6f22'.repeat(1_363) }))).toEqual(['']);
});

it.each([...CONTROL, ...HALVES])('names what holds %j', (sign) => {
  fc.assert(
    fc.property(metadata, name, (all, key) => {
      fc.pre(Object.keys(all).length < LABEL_LIMITS.pairs);
      const text = sign + key;
      expect(fieldsOf(faultsOfMetadata({ ...all, [key]: text }))).toEqual([`.${key}`]);
      expect(fieldsOf(faultsOfMetadata({ ...all, [text]: '' }))).toEqual([`.${text}`]);
    }),
  );
  fc.assert(
    fc.property(tags, (all) => {
      fc.pre(all.length < LABEL_LIMITS.tags);
      expect(fieldsOf(faultsOfTags([...all, sign]))).toEqual([`[${all.length}]`]);
    }),
  );
});

it('names values that are no text, and tags that are there twice', () => {
  const values = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.object(), fc.array(fc.string()));
  fc.assert(
    fc.property(values, (value) => {
      expect(fieldsOf(faultsOfMetadata({ a: 'b', colour: value }))).toEqual(['.colour']);
      expect(fieldsOf(faultsOfTags(['a', value]))).toEqual(['[1]']);
    }),
  );
  expect(fieldsOf(faultsOfTags(['a', 'b', 'A', 'a']))).toEqual(['[3]']);
  for (const other of [null, 7, 'text', [], ['a']]) expect(fieldsOf(faultsOfMetadata(other))).toEqual(['']);
  for (const other of [null, 7, 'text', {}, { 0: 'a' }]) expect(fieldsOf(faultsOfTags(other))).toEqual(['']);
});

it('refuses names that mean something to objects', () => {
  const given: unknown = JSON.parse(
    '{"__proto__": "a", "constructor": "b", "toString": "c", "prototype": "d"}',
  );
  expect(fieldsOf(faultsOfMetadata(given))).toEqual(['.__proto__', '.constructor', '.toString']);
});
