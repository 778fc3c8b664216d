import fc from 'fast-check';
import { CrossReferences } from './pdf-writer';

const place = fc.oneof(
  fc.record({ offset: fc.nat({ max: 2 ** 40 - 1 }) }),
  fc.record({ group: fc.nat({ max: 2 ** 31 }), index: fc.nat({ max: 65_535 }) }),
);

describe('CrossReferences', () => {
  it('has each object where it was put, and all others free, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.nat({ max: 3_000 }).map(String), place), (places) => {
        const table = new CrossReferences();
        for (const [number, at] of Object.entries(places)) table.set(Number(number), at);
        const bytes = table.bytes(3_001);
        expect(bytes).toHaveLength(3_001 * 8);
        for (let number = 0; number <= 3_000; number += 1) {
          const entry = bytes.subarray(8 * number, 8 * number + 8);
          const at = places[number];
          const [kind, where, index] = [entry[0], entry.readUIntBE(1, 5), entry.readUInt16BE(6)];
          if (at === undefined) expect([kind, where, index]).toEqual([0, 0, 0]);
          else if ('offset' in at) expect([kind, where, index]).toEqual([1, at.offset, 0]);
          else expect([kind, where, index]).toEqual([2, at.group, at.index]);
        }
      }),
      { numRuns: 20 },
    );
  });
});
