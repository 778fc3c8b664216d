import { isDamaged, newApiKey } from './api-key';

describe('an API key', () => {
  it('that we made is recognized as whole, and as damaged when a letter is another', () => {
    const key = newApiKey();
    expect(isDamaged(key)).toBe(false);
    const at = 10;
    expect(isDamaged(key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1))).toBe(true);
  });

  it.each(['ork_chosen-by-an-operator-and-long-enough', 'chosen-by-an-operator-and-long-enough'])(
    'that an operator chose is never damaged: %s',
    (key) => {
      expect(isDamaged(key)).toBe(false);
    },
  );
});
