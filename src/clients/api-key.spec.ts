import { isDamaged, keptApiKey, newApiKey } from './api-key';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

describe('a kept API key', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kept-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, and readable by its owner alone', async () => {
    const key = await keptApiKey(join(folder, 'keys'), 'demo');
    expect(key).toMatch(/^ork_/);
    expect(isDamaged(key)).toBe(false);
    expect(await keptApiKey(join(folder, 'keys'), 'demo')).toBe(key);
    expect(statSync(join(folder, 'keys/demo')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
  });

  it('is made anew where an earlier start left an empty file', async () => {
    writeFileSync(join(folder, 'demo'), '');
    const key = await keptApiKey(folder, 'demo');
    expect(key).toMatch(/^ork_/);
    expect(readFileSync(join(folder, 'demo'), 'utf8')).toBe(`${key}\n`);
  });
});
