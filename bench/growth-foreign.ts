import { deliveryRates } from './delivery-rates';
import type { GrowthContext } from './growth-context';
import { REPORTED } from './measurements';
import { type Foreign, ownRates, PEERS, peerRates } from './noop-jobs';
import { inOwnDatabase } from './own-database';

const SLOTS = 10;
/** Enough for 5,000 a second. */
const FOREIGN: Foreign = { jobs: 400_000, seconds: 60 };

/** What is done in a second at the end of a minute in which a foreign transaction was open, beside before it. */
export async function foreign({ results, services }: GrowthContext): Promise<void> {
  const add = (name: string, [before, after]: number[]): void => {
    if (before === undefined || after === undefined) return;
    results.add(
      `${name} with a foreign transaction open, beside without`,
      '1/s',
      [after],
      [before],
      REPORTED,
    );
  };
  await inOwnDatabase(services, async (place) => {
    add('no-op jobs', await ownRates(place, SLOTS, FOREIGN));
    for (const name of PEERS) add(`no-op jobs of ${name}`, await peerRates(name, place, SLOTS, FOREIGN));
  });
  await inOwnDatabase(services, async (place) => {
    add('deliveries', await deliveryRates(place, FOREIGN));
  });
}
