import { TtlCache } from './ttl-cache';

describe('the cache of look-ups', () => {
  let now = 0;
  let lookUps = 0;
  const next = (): Promise<number> => Promise.resolve((lookUps += 1));

  beforeEach(() => {
    now = 1_000;
    lookUps = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  it('is looked up once for all who ask, and again when it is old', async () => {
    const cache = new TtlCache<number>(() => 100);
    expect(await Promise.all([cache.get('a', next), cache.get('a', next)])).toEqual([1, 1]);
    now += 99;
    expect(await cache.get('a', next)).toBe(1);
    now += 2;
    expect(await cache.get('a', next)).toBe(2);
    expect(await cache.get('b', next)).toBe(3);
  });

  it('stays fresh for as long as the value says, and not at all when it could not be looked up', async () => {
    const cache = new TtlCache<number>((value) => value * 10);
    await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cache.get('a', next)).toBe(1);
    now += 11;
    expect(await cache.get('a', next)).toBe(2);
    now += 19;
    expect(await cache.get('a', next)).toBe(2);
  });

  it('does not grow beyond its bound', async () => {
    const cache = new TtlCache<number>(() => 100, 2);
    for (const key of ['a', 'b', 'c']) await cache.get(key, next);
    expect(await cache.get('a', next)).toBe(4);
  });
});
