import { randomUUID } from 'node:crypto';
import type { GrowthContext } from './growth-context';
import { besideBare, KEYS } from './http-beside-bare';
import { ratioAtLeast, REPORTED } from './measurements';
import { inOwnDatabase } from './own-database';

/** Reports accepted and polls answered, beside one INSERT and one SELECT. */
export async function http({ results, services }: GrowthContext): Promise<void> {
  await inOwnDatabase(services, async (place, database) => {
    const { runs } = await besideBare(place, database, `bench-${randomUUID()}`);
    const rates = (name: keyof typeof runs): number[] => runs[name].map(({ perSecond }) => perSecond);
    results.add(
      'reports accepted, beside a bare INSERT',
      '1/s',
      rates('accept'),
      rates('insert'),
      ratioAtLeast(0.7),
    );
    results.add('polls, beside a bare SELECT', '1/s', rates('poll'), rates('select'), ratioAtLeast(0.9));
    const byMany = `polls by ${KEYS} keys`;
    results.add(`${byMany}, beside a bare SELECT`, '1/s', rates('keys'), rates('select'), ratioAtLeast(0.9));
    results.add(`${byMany}, beside one key`, '1/s', rates('keys'), rates('poll'), REPORTED);
  });
}
