import { Remembered } from './remembered';

describe('what is remembered', () => {
  let now = 0;
  let lookUps = 0;
  const next = (): Promise<number> => Promise.resolve((lookUps += 1));

  beforeEach(() => {
    now = 1_000;
    lookUps = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  it('is looked up once for all who ask, and again when it is old', async () => {
    const remembered = new Remembered<number>(() => 100);
    expect(await Promise.all([remembered.get('a', next), remembered.get('a', next)])).toEqual([1, 1]);
    now += 99;
    expect(await remembered.get('a', next)).toBe(1);
    now += 1;
    expect(await remembered.get('a', next)).toBe(2);
    expect(await remembered.get('b', next)).toBe(3);
  });

  it('stays fresh for as long as the value says, and not at all when it could not be looked up', async () => {
    const remembered = new Remembered<number>((value) => value * 10);
    await expect(remembered.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await remembered.get('a', next)).toBe(1);
    now += 10;
    expect(await remembered.get('a', next)).toBe(2);
    now += 19;
    expect(await remembered.get('a', next)).toBe(2);
  });

  it('does not grow beyond its bound', async () => {
    const remembered = new Remembered<number>(() => 100, 2);
    for (const key of ['a', 'b', 'c']) await remembered.get(key, next);
    expect(await remembered.get('a', next)).toBe(4);
  });
});
