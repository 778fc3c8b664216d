import { FanOutRounds } from './fan-out-rounds';

interface Begun {
  taken: (more: boolean) => void;
  turn: Promise<unknown>;
  end: () => void;
  fail: (error: Error) => void;
}

let begun: Begun[];
let rounds: FanOutRounds;

beforeEach(() => {
  begun = [];
  rounds = new FanOutRounds(
    (taken, turn) =>
      new Promise((end, fail) => {
        begun.push({ taken, turn: turn(), end, fail });
      }),
  );
});

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = (): boolean => false;

it('begins a round when the one before has taken its events, and no third one', async () => {
  void rounds.run(never);
  expect(begun).toHaveLength(1);
  begun[0]!.taken(true);
  await settle();
  expect(begun).toHaveLength(2);
  begun[1]!.taken(true);
  await settle();
  expect(begun).toHaveLength(2);
  begun[0]!.end();
  await settle();
  expect(begun).toHaveLength(3);
});

it('gives a round its turn when those before it have ended, whichever run they are of', async () => {
  void rounds.run(never);
  begun[0]!.taken(true);
  void rounds.run(never);
  await settle();
  expect(begun).toHaveLength(3);
  const turns: number[] = [];
  begun.forEach(({ turn }, index) => void turn.then(() => turns.push(index)));
  begun[1]!.end();
  await settle();
  expect(turns).toEqual([0]);
  begun[0]!.end();
  await settle();
  expect(turns).toEqual([0, 1, 2]);
});

it('ends when there are no more events and all rounds have ended', async () => {
  let ended = false;
  const run = rounds.run(never).then(() => (ended = true));
  begun[0]!.taken(true);
  await settle();
  begun[1]!.end();
  await settle();
  expect(ended).toBe(false);
  begun[0]!.end();
  await run;
});

it('tells of a round that failed, while the next one has its turn', async () => {
  const run = rounds.run(never);
  begun[0]!.taken(true);
  await settle();
  begun[1]!.taken(true);
  begun[0]!.fail(new Error('away'));
  await expect(run).rejects.toThrow('away');
  await begun[1]!.turn;
  begun[1]!.fail(new Error('away too'));
  await rounds.ended();
});

it('begins none when it is to stop', async () => {
  await rounds.run(() => true);
  expect(begun).toEqual([]);
});
