import type { DataSource } from 'typeorm';
import { hashApiKey, newApiKey } from './api-key';
import { ApiKeyRecognitionService } from './api-key-recognition.service';

/** A database with these keys, which answers when it is let. */
function database(good: string[]) {
  /** Hashes of each look-up. */
  const statements: Buffer[][] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const gate: { open: Promise<void> } = { open: Promise.resolve() };
  /** What the next reading finds, or what it fails with. */
  const changes: { snapshot: string; keys: string[]; error?: Error } = { snapshot: '10:12:', keys: [] };
  const query = async (sql: string, [hashes]: [Buffer[]]): Promise<object[]> => {
    if (sql.includes('api_key_change')) {
      if (changes.error) throw changes.error;
      const changed = changes.keys.map((key) => hashApiKey(key).toString('base64'));
      return [{ snapshot: changes.snapshot, changed }];
    }
    statements.push(hashes);
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    await gate.open;
    // As long as a database takes: others of the same moment could begin meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 5));
    underWay -= 1;
    return good
      .map((key) => hashApiKey(key))
      .filter((hash) => hashes.some((each) => each.equals(hash)))
      .map((hash) => ({ hash, key_id: 'k', scopes: [], expires_at: null, client_id: 'c', client_name: 'C' }));
  };
  return {
    recognition: new ApiKeyRecognitionService({ query } as unknown as DataSource),
    statements,
    gate,
    changes,
    mostUnderWay: () => mostUnderWay,
  };
}

const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const strangers = (count: number): string[] => Array.from({ length: count }, () => newApiKey());

describe('the recognition of API keys', () => {
  it('looks for keys that were never seen in one statement at a time, and for a bad one once', async () => {
    const good = newApiKey();
    const { recognition, statements, mostUnderWay } = database([good]);
    const keys = [...strangers(250), good, ...strangers(250)];
    const callers = await Promise.all(keys.map((key) => recognition.recognize(key)));
    expect(callers.map((caller) => caller !== null)).toEqual(keys.map((key) => key === good));
    expect(mostUnderWay()).toBe(1);
    expect(statements.map(({ length }) => length)).toEqual([200, 200, 101]);
    expect(await recognition.recognize(keys[0]!)).toBeNull();
    expect(await recognition.recognize(good)).not.toBeNull();
    expect(statements).toHaveLength(3);
    await recognition.refresh();
    expect(await recognition.recognize(keys[0]!)).toBeNull();
    expect(statements).toHaveLength(4);
  });

  it('asks nobody about a key with a wrong checksum', async () => {
    const { recognition, statements } = database([]);
    const damaged = newApiKey().replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await recognition.recognize(damaged)).toBeNull();
    expect(statements).toEqual([]);
  });

  it('does not let a key that was good wait behind others, and refuses those that are too many', async () => {
    const good = newApiKey();
    const { recognition, gate, statements } = database([good]);
    await recognition.recognize(good);
    await recognition.refresh();
    let open = (): void => undefined;
    gate.open = new Promise((resolve) => (open = resolve));
    const others = strangers(1_001).map((key) => recognition.recognize(key).catch((error: unknown) => error));
    expect(await others.at(-1)).toMatchObject({ kind: 'unavailable', details: { retryAfter: 1 } });
    const known = recognition.recognize(good);
    await nextTick();
    expect(statements.at(-1)).toEqual([hashApiKey(good)]);
    open();
    expect(await known).not.toBeNull();
    expect(await Promise.all(others.slice(0, -1))).toEqual(Array(1_000).fill(null));
  });

  describe('of keys that were good', () => {
    const [one, other] = [newApiKey(), newApiKey()];
    let made: ReturnType<typeof database>;
    const lookUps = async (...keys: string[]): Promise<number> => {
      const before = made.statements.length;
      for (const key of keys) expect(await made.recognition.recognize(key)).not.toBeNull();
      return made.statements.length - before;
    };

    beforeEach(async () => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'setTimeout', 'nextTick'] });
      made = database([one, other]);
      // Changes are known from here on.
      await made.recognition.refresh();
      expect(await lookUps(one, other)).toBe(2);
    });
    afterEach(() => jest.useRealTimers());

    const later = (ms: number): void => {
      jest.setSystemTime(Date.now() + ms);
    };

    it('looks up those alone that changed, as long as it reads what did', async () => {
      for (let second = 0; second < 60; second += 1) {
        later(1_000);
        await made.recognition.refresh();
      }
      expect(await lookUps(one, other)).toBe(0);
      made.changes.keys = [one];
      await made.recognition.refresh();
      made.changes.keys = [];
      expect(await lookUps(one, other)).toBe(1);
      expect(made.statements.at(-1)).toEqual([hashApiKey(one)]);
      expect(await lookUps(one, other)).toBe(0);
    });

    it('trusts none longer than two seconds without having read', async () => {
      later(1_900);
      expect(await lookUps(one)).toBe(0);
      later(200);
      expect(await lookUps(one)).toBe(1);
      later(1_900);
      expect(await lookUps(one)).toBe(0);
      made.changes.error = new Error('away');
      await made.recognition.refresh();
      expect(await lookUps(one)).toBe(1);
    });

    it.each([
      ['after it has not read for long', () => later(3_600_000)],
      ['when the numbers of the database have gone back', () => (made.changes.snapshot = '9:9:')],
      ['after so many changes that it did not get all', () => (made.changes.keys = Array(10_001).fill('x'))],
    ])('looks up all of them %s', async (_, happen) => {
      happen();
      await made.recognition.refresh();
      expect(await lookUps(one, other)).toBe(2);
    });

    it('does not keep what was looked up while it changed', async () => {
      made.changes.keys = [one];
      await made.recognition.refresh();
      let open = (): void => undefined;
      made.gate.open = new Promise((resolve) => (open = resolve));
      const looking = made.recognition.recognize(one);
      await nextTick();
      await made.recognition.refresh();
      open();
      await looking;
      expect(await lookUps(one)).toBe(1);
    });
  });
});
