import { Claim, DeliveryClaims } from '../../src/webhooks/deliveries/delivery-claims';
import { FIRST_PLACE } from '../../src/webhooks/deliveries/destination';
import { raiseNextDue } from '../../src/webhooks/deliveries/next-due';
import { DeliveryShares, SLOTS } from '../../src/webhooks/deliveries/delivery-shares';
import { pagesReadBy, statementsOf } from '../support/pages-read';
import { callbackStory } from './callback-story';

/** What claims and repairs read where very many destinations have something due. Nobody delivers here. */
const story = callbackStory({ ROLE: 'api' });

const FEW = 600;
const MANY = 10_000;

/**
 * There are so many destinations, each with one delivery that is due, all since the same time.
 *
 * @param change to them
 */
async function due(destinations: number, change = 'created_at = created_at'): Promise<void> {
  await story.query('DELETE FROM delivery');
  await story.query('DELETE FROM webhook_destination');
  await story.query(
    `WITH made AS (
       INSERT INTO webhook_destination (id, client_id, address, origin, max_concurrency, max_per_second, concurrency)
       SELECT uuid_v7(), $1::uuid, 'https://shop' || n || '.example/hook', 'https://shop' || n || '.example', 8, 100, 8
       FROM generate_series(1, $2::int) n RETURNING id, client_id, address
     )
     INSERT INTO delivery (id, message_id, client_id, destination_id, url, due_at, give_up_at)
     SELECT uuid_v7(), uuid_v7(), client_id, id, address, now(), now() + interval '1 day' FROM made`,
    [story.client.id, destinations],
  );
  await story.query(`UPDATE webhook_destination SET ${change}`);
  await story.query('VACUUM (ANALYZE) webhook_destination');
  await story.query('VACUUM (ANALYZE) delivery');
}

const newClaims = (): DeliveryClaims => new DeliveryClaims(story.harness.database);

const claimWith = (claims: DeliveryClaims, shares = new DeliveryShares()): Promise<Claim> =>
  claims.claim({ worker: 'w', leaseMs: 10_000 }, shares);

/** With so many slots free: what is under way is of many clients and hosts. */
function sharesWithFree(free: number): DeliveryShares {
  const shares = new DeliveryShares();
  for (let attempt = free; attempt < SLOTS; attempt += 1)
    shares.add(`client ${attempt}`, new URL(`http://host${attempt}.example`));
  return shares;
}

/** Of the statement that reads the most. */
async function mostPages(work: () => Promise<unknown>): Promise<number> {
  const { database } = story.harness;
  const pages = await pagesReadBy(database, await statementsOf(database, /destination/, work));
  return Math.max(...pages.map(({ running }) => running));
}

it('claims go around them, each from where the last one ended', async () => {
  await due(FEW);
  const claims = newClaims();
  const ends: Pick<Claim, 'isFirst' | 'isLast'>[] = [];
  const given: number[] = [];
  for (let claim = 1; claim <= 4; claim += 1) {
    const { isFirst, isLast } = await claimWith(claims);
    ends.push({ isFirst, isLast });
    const [row] = await story.query<{ given: number }[]>(
      `SELECT count(*)::int AS given FROM delivery WHERE state = 'DELIVERING'`,
    );
    given.push(row!.given);
  }
  expect(given).toEqual([256, 512, FEW, FEW]);
  expect(ends).toEqual([
    { isFirst: true, isLast: false },
    { isFirst: false, isLast: false },
    { isFirst: false, isLast: true },
    { isFirst: true, isLast: false },
  ]);
});

it('one for a few slots considers a few, and the next ones go on', async () => {
  await due(FEW);
  const claims = newClaims();
  const shares = sharesWithFree(2);
  const steps: boolean[] = [];
  for (let isLast = false; !isLast;) {
    ({ isLast } = await claimWith(claims, shares));
    steps.push(isLast);
  }
  // Ten at a time, two of which are given.
  expect(steps.length).toBe(FEW / 10 + 1);
  const [row] = await story.query<{ given: number }[]>(
    `SELECT count(*)::int AS given FROM delivery WHERE state = 'DELIVERING'`,
  );
  expect(row!.given).toBe((FEW / 10) * 2);
});

it('one for a few slots comes no less far where all rates are spent', async () => {
  await due(FEW, `rate_until = now() + interval '1 h'`);
  const claims = newClaims();
  const steps: boolean[] = [];
  for (let isLast = false; !isLast;) {
    const claim = await claimWith(claims, sharesWithFree(1));
    expect(claim).toMatchObject({ claimed: [], open: false, pauseMs: expect.any(Number) as number });
    expect(claim.pauseMs).toBeLessThan(Infinity);
    ({ isLast } = claim);
    steps.push(isLast);
  }
  expect(steps.length).toBe(Math.floor(FEW / 256) + 1);
});

it('a claim reads no more for ten thousand than for a few hundred', async () => {
  await due(FEW);
  const few = await mostPages(() => claimWith(newClaims()));
  await due(MANY);
  const many = await mostPages(() => claimWith(newClaims()));
  expect(few).toBeGreaterThan(100);
  expect(many).toBeLessThan(1.5 * few);
});

it('repairs pass over those that may not be called a part at a time, and raise the others', async () => {
  const circuits = `paused_until = now() + interval '1 h', next_due_at = now() - interval '1 min', rate_until = now() - interval '1 min'`;
  await due(FEW, circuits);
  const raise = () => raiseNextDue(story.harness.database, FIRST_PLACE);
  const few = await mostPages(raise);
  await due(MANY, circuits);
  expect(await mostPages(raise)).toBeLessThan(1.5 * few);

  await story.query(
    `DELETE FROM delivery WHERE destination_id = (
       SELECT id FROM webhook_destination ORDER BY next_due_at DESC, id DESC LIMIT 1)`,
  );
  let [raised, steps, after] = [0, 0, FIRST_PLACE];
  do {
    const step = await raiseNextDue(story.harness.database, after);
    [raised, steps, after] = [raised + step.raised, steps + 1, step.after];
  } while (after !== FIRST_PLACE);
  expect({ raised, steps }).toEqual({ raised: 1, steps: Math.floor(MANY / 500) + 1 });
});
