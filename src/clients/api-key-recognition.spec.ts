import type { DataSource } from 'typeorm';
import { hashApiKey, newApiKey } from './api-key';
import { ApiKeyRecognitionService } from './api-key-recognition.service';

/** A database with these keys, which answers when it is let. */
function database(good: string[]) {
  const statements: Buffer[][] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const gate: { open: Promise<void> } = { open: Promise.resolve() };
  const query = async (_sql: string, [hashes]: [Buffer[]]): Promise<object[]> => {
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
    mostUnderWay: () => mostUnderWay,
  };
}

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
    recognition.forget();
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
    recognition.forget();
    let open = (): void => undefined;
    gate.open = new Promise((resolve) => (open = resolve));
    const others = strangers(1_001).map((key) => recognition.recognize(key).catch((error: unknown) => error));
    expect(await others.at(-1)).toMatchObject({ kind: 'unavailable', details: { retryAfter: 1 } });
    const known = recognition.recognize(good);
    expect(statements.at(-1)).toEqual([hashApiKey(good)]);
    open();
    expect(await known).not.toBeNull();
    expect(await Promise.all(others.slice(0, -1))).toEqual(Array(1_000).fill(null));
  });
});
