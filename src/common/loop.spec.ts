import { Logger } from '@nestjs/common';
import { Loop } from './loop';

const PERIOD_MS = 500;
const REST_MS = 10;

/** A loop whose rounds take 5 ms; the times at which they began, from its start. */
function started(duringRound: (loop: Loop, round: number) => void = () => undefined): {
  loop: Loop;
  begun: number[];
} {
  const begun: number[] = [];
  const from = Date.now();
  const round = async (): Promise<void> => {
    begun.push(Date.now() - from);
    duringRound(loop, begun.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const loop = new Loop('test', PERIOD_MS, round, new Logger(), REST_MS);
  loop.start();
  return { loop, begun };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('a round follows a period after the one before it', async () => {
  const { begun } = started();
  await jest.advanceTimersByTimeAsync(5 + REST_MS + PERIOD_MS * 1.1);
  expect(begun).toHaveLength(2);
  expect(begun[1]! - 5 - REST_MS).toBeGreaterThanOrEqual(PERIOD_MS * 0.9);
});

it('pokes while a round is under way are one more, after the rest', async () => {
  const { loop, begun } = started();
  await jest.advanceTimersByTimeAsync(1);
  loop.poke();
  loop.poke();
  await jest.advanceTimersByTimeAsync(100);
  expect(begun).toEqual([0, 5 + REST_MS]);
});

it('a hurry does not wait for the rest', async () => {
  const { loop, begun } = started();
  await jest.advanceTimersByTimeAsync(7);
  loop.hurry();
  await jest.advanceTimersByTimeAsync(100);
  expect(begun).toEqual([0, 7]);
});

it('a hurry while a round is under way waits for its end alone', async () => {
  const { loop, begun } = started();
  await jest.advanceTimersByTimeAsync(1);
  loop.hurry();
  loop.poke();
  await jest.advanceTimersByTimeAsync(100);
  expect(begun).toEqual([0, 5]);
});

it('a round that knows of work to come is followed by one sooner', async () => {
  const { begun } = started((loop, round) => {
    if (round === 1) {
      loop.nextWithin(Infinity);
      loop.nextWithin(80);
      loop.nextWithin(120);
    }
  });
  await jest.advanceTimersByTimeAsync(300);
  expect(begun).toEqual([0, 5 + REST_MS + 80]);
});

it('nothing follows once it is stopped', async () => {
  const { loop, begun } = started();
  await jest.advanceTimersByTimeAsync(1);
  loop.hurry();
  const stopped = loop.stop();
  await jest.advanceTimersByTimeAsync(2 * PERIOD_MS);
  await stopped;
  loop.hurry();
  await jest.advanceTimersByTimeAsync(2 * PERIOD_MS);
  expect(begun).toEqual([0]);
});
