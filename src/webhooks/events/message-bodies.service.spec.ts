import type { EntityManager } from 'typeorm';
import { MessageBodies } from './message-bodies.service';

const MEGABYTE = 1024 * 1024;

it('knows what was written last, up to 16 MiB, and has the rest read', async () => {
  const bodies = new MessageBodies();
  const message = (id: number): { id: string; body: Buffer } => ({
    id: String(id),
    body: Buffer.alloc(MEGABYTE, id),
  });
  bodies.remember([message(1), message(2)]);
  bodies.remember([message(2)]);
  bodies.remember(Array.from({ length: 15 }, (_, index) => message(index + 3)));
  const asked: string[] = [];
  const query = (_text: string, [ids]: [string[]]): Promise<object[]> => {
    asked.push(...ids);
    // One that is asked for was removed meanwhile.
    return Promise.resolve([message(1)]);
  };
  const found = await bodies.of({ query } as unknown as EntityManager, ['1', '2', '17', '99']);
  expect(asked).toEqual(['1', '99']);
  expect([...found].map(([id, body]) => [id, body[0]])).toEqual([
    ['1', 1],
    ['2', 2],
    ['17', 17],
  ]);
});
