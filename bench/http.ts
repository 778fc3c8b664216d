import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { besideBare, KEYS } from './http-beside-bare';
import type { Run } from './http-server';
import { type Measurement, median, writeResults } from './measurements';
import { withServices } from './bench-services';

/** Accepting and polling reports, beside one INSERT and one SELECT of a bare Nest application on the same Postgres. */

const KEY = `bench-${randomUUID()}`;

function compare(name: string, ours: Run[], bare: Run[]): Measurement[] {
  const of = (label: string, unit: string, pick: (run: Run) => number): Measurement => {
    const [value, beside] = [median(ours.map(pick)), median(bare.map(pick))];
    return { name: `${name}, ${label}`, value, unit, beside, ratio: value / beside, runs: ours.map(pick) };
  };
  return [
    of('rate', '1/s', ({ perSecond }) => perSecond),
    of('p50', 'ms', ({ p50 }) => p50),
    of('p99', 'ms', ({ p99 }) => p99),
  ];
}

async function main(): Promise<void> {
  await withServices(async (place) => {
    const database = new Client({ connectionString: place.databaseUrl });
    try {
      await database.connect();
      const { runs, ours, bare } = await besideBare(place, database, KEY);
      const results: Measurement[] = [
        ...compare('a report accepted, beside an INSERT', runs.accept, runs.insert),
        ...compare('a status poll, beside a SELECT', runs.poll, runs.select),
        ...compare(`a status poll by ${KEYS} keys, beside a SELECT`, runs.keys, runs.select),
        { name: 'memory', unit: 'MB', value: ours, beside: bare, ratio: ours / bare, runs: [ours] },
      ];
      console.table(
        results.map(({ name, value, unit, beside, ratio }) => ({
          name,
          value: value.toFixed(1),
          unit,
          beside: beside?.toFixed(1),
          ratio: ratio?.toFixed(2),
        })),
      );
      writeResults('http', results);
    } finally {
      await database.end().catch(() => undefined);
    }
  });
}

void main();
