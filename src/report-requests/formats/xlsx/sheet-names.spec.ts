import fc from 'fast-check';
import { SheetNames } from './sheet-names';

describe('names of sheets', () => {
  it('are as they are wanted, and never the same', () => {
    const names = new SheetNames();
    expect(
      ['Orders', 'orders', 'Orders', 'History', "it's [a]: b/c?", "'x'"].map((name) => names.next(name)),
    ).toEqual(['Orders', 'orders 2', 'Orders 3', 'History 2', "it's  a   b c", 'x']);
  });

  it('are such as programs open, whatever is wanted', () => {
    const wanted = fc.array(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('', "'", 'Orders')),
    );
    fc.assert(
      fc.property(wanted, (all) => {
        const names = new SheetNames();
        const given = all.map((name) => names.next(name));
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(all.length);
        for (const name of given) {
          expect(name).toMatch(/^[^\\/?*[\]:']([^\\/?*[\]:]*[^\\/?*[\]:'])?$/);
          expect(name.length).toBeLessThanOrEqual(31);
          expect(Buffer.from(name).toString()).toBe(name);
        }
      }),
    );
  });
});
