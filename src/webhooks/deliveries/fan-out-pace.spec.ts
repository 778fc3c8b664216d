import { FanOutPace } from './fan-out-pace';

const MANY = 128;
const FULL = (): number => 0;
const times = (count: number, what: () => void): void => {
  for (let index = 0; index < count; index += 1) what();
};

/** Whether it resolves before anything else happens. */
async function isAtOnce(turn: Promise<void>): Promise<boolean> {
  let resolved = false;
  void turn.then(() => (resolved = true));
  await Promise.resolve();
  await Promise.resolve();
  return resolved;
}

/** One that has begun many, none of which has ended. */
async function busy(places = FULL): Promise<FanOutPace> {
  const pace = new FanOutPace(places);
  await pace.turn(MANY);
  pace.onBegin(MANY);
  return pace;
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('deliveries', () => {
  it('are written at once when nothing has begun before', async () => {
    expect(await isAtOnce(new FanOutPace(FULL).turn(MANY))).toBe(true);
  });

  it('are written when as many have ended as began last, and no sooner', async () => {
    const pace = await busy();
    const turn = pace.turn(MANY);
    times(MANY - 1, () => pace.onEnd());
    expect(await isAtOnce(turn)).toBe(false);
    pace.onEnd();
    await turn;
  });

  it('are written at once where there are places for all of them', async () => {
    expect(await isAtOnce((await busy(() => MANY)).turn(MANY))).toBe(true);
  });

  it('are written at once when they are few', async () => {
    expect(await isAtOnce((await busy()).turn(1))).toBe(true);
  });

  it('wait, though not for long, while much is claimed', async () => {
    const pace = await busy(() => MANY);
    pace.onClaims(MANY);
    let written = false;
    void pace.turn(MANY).then(() => (written = true));
    for (let waited = 0; waited < 90; waited += 10) {
      pace.onEnd();
      await jest.advanceTimersByTimeAsync(10);
      expect(written).toBe(false);
    }
    pace.onEnd();
    await jest.advanceTimersByTimeAsync(30);
    expect(written).toBe(true);
  });

  it('do not wait for attempts that stand still, and not at all until one of these has ended', async () => {
    const pace = await busy();
    const turn = pace.turn(MANY);
    await jest.advanceTimersByTimeAsync(20);
    await turn;
    pace.onBegin(MANY);
    expect(await isAtOnce(pace.turn(MANY))).toBe(true);
    pace.onEnd();
    expect(await isAtOnce(pace.turn(MANY))).toBe(false);
  });
});
