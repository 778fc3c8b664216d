import { Logger } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import type { Outcome } from './delivery-outcome';
import { OutcomeWriter } from './outcome-writer';

const outcome = (id: string, detail: string | null = 'It was closed.'): Outcome =>
  ({
    delivery: { id, attempt: 1 },
    answer: { detail, response: 'no', failure: 'reset' },
  }) as unknown as Outcome;

/** As Postgres refuses a statement for what one of its rows holds. */
const refusal = (code: string): QueryFailedError =>
  new QueryFailedError('', [], Object.assign(new Error(code), { code }));

const logger = new Logger('test');
const later = (): number => Date.now() + 60_000;

beforeEach(() => {
  for (const level of ['warn', 'error'] as const)
    jest.spyOn(logger, level).mockImplementation(() => undefined);
});

describe('OutcomeWriter', () => {
  it('stores the others, and of one that Postgres refuses what we ourselves made of it', async () => {
    const stored: Outcome[] = [];
    const writer = new OutcomeWriter((take) => {
      const group = take();
      if (group.some(({ answer }) => answer.detail === 'bad')) return Promise.reject(refusal('22021'));
      stored.push(...group);
      return Promise.resolve();
    }, logger);
    const all = [outcome('a'), outcome('b', 'bad'), outcome('c')];
    await Promise.all(all.map((each) => writer.write(each, later())));
    expect(stored.map(({ delivery, answer }) => [delivery.id, answer.detail, answer.failure])).toEqual([
      ['a', 'It was closed.', 'reset'],
      ['b', null, 'reset'],
      ['c', 'It was closed.', 'reset'],
    ]);
  });

  it('gives up one that is refused even so, and only that', async () => {
    const stored: string[] = [];
    const writer = new OutcomeWriter((take) => {
      const group = take();
      if (group.some(({ delivery }) => delivery.id === 'b')) return Promise.reject(refusal('54000'));
      stored.push(...group.map(({ delivery }) => delivery.id));
      return Promise.resolve();
    }, logger);
    await Promise.all(['a', 'b', 'c'].map((id) => writer.write(outcome(id), later())));
    expect(stored).toEqual(['a', 'c']);
  });

  it('keeps those that are left when the database goes away between two of them', async () => {
    const stored: string[] = [];
    const answers = [refusal('22021'), undefined, new Error('connection lost')];
    const writer = new OutcomeWriter((take) => {
      const group = take();
      const answer = answers.shift();
      if (answer) return Promise.reject(answer);
      stored.push(...group.map(({ delivery }) => delivery.id));
      return Promise.resolve();
    }, logger);
    await Promise.all(['a', 'b', 'c'].map((id) => writer.write(outcome(id), later())));
    expect(stored).toEqual(['a', 'b', 'c']);
  });
});
