import fc from 'fast-check';
import { LruMap } from './lru-map';

describe('a map of the most recently used', () => {
  it('gives up what was used least recently', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
    map.delete('c');
    expect([...map.values()]).toEqual([1]);
    map.clear();
    expect(map.size).toBe(0);
  });

  it('never holds more than it may, and always what was used last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 9 })), (most, keys) => {
        const map = new LruMap<number, number>(most);
        for (const key of keys) {
          if (map.get(key) === undefined) map.set(key, key);
          expect(map.size).toBeLessThanOrEqual(most);
        }
        const latest = [...new Set([...keys].reverse())].slice(0, most);
        expect([...map.values()].reverse()).toEqual(latest);
      }),
    );
  });
});
