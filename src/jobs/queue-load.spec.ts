import fc from 'fast-check';
import { type ClientLoad, QueueLoad } from './queue-load';

const load = fc.record({
  running: fc.nat(20),
  waiting: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 50 })),
});

/** The same, client by client and job by job. */
function counted(clients: ClientLoad[], upTo: number): number {
  let all = 0;
  for (const { running, waiting } of clients) {
    const jobs = Object.values(waiting).reduce((sum, each) => sum + each, 0);
    for (let job = 1; job <= jobs; job += 1) if (running + job <= upTo) all += 1;
  }
  return all;
}

it('counts what a count of every other client’s jobs would', () => {
  fc.assert(
    fc.property(fc.array(load, { maxLength: 12 }), fc.nat(90), (clients, upTo) => {
      const queue = new QueueLoad(new Map(clients.map((client, index) => [String(index), client])));
      expect(queue.running).toBe(clients.reduce((sum, { running }) => sum + running, 0));
      for (let asking = -1; asking < clients.length; asking += 1) {
        const others = clients.filter((_, index) => index !== asking);
        const ahead = queue.aheadOf(String(asking), upTo);
        const types = new Set(clients.flatMap(({ waiting }) => Object.keys(waiting))).size;
        const sum = Object.values(ahead).reduce((all, each) => all + each, 0);
        // Each type is rounded for itself.
        expect(Math.abs(sum - counted(others, upTo))).toBeLessThanOrEqual(types / 2);
      }
    }),
  );
});

it('knows the types of what is ahead', () => {
  const queue = new QueueLoad(
    new Map([
      ['busy', { running: 1, waiting: { report: 30, import: 10 } }],
      ['asks', { running: 0, waiting: { report: 5 } }],
    ]),
  );
  expect(queue.aheadOf('asks', 1)).toEqual({});
  expect(queue.aheadOf('asks', 5)).toEqual({ report: 3, import: 1 });
  expect(queue.aheadOf('asks', 1_000)).toEqual({ report: 30, import: 10 });
});
