import fc from 'fast-check';
import { JobState } from '../../jobs/job';
import { callbackBody, TerminalEvent } from './callback-body';

const ARTIFACT = { sha256: 'ab'.repeat(32), bytes: 48_211, pages: 12, media_type: 'application/pdf' };

const bodyOf = (outcome: Partial<TerminalEvent['outcome']>): Buffer =>
  callbackBody(
    {
      jobId: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11',
      jobType: 'warehouse.pick',
      type: 'warehouse.pick.completed',
      round: 2,
      occurredAt: new Date('2026-01-01T00:00:00Z'),
      outcome: { status: JobState.Completed, ...outcome },
    },
    undefined,
    'https://reports.example.com',
  );

const dataOf = (outcome: Partial<TerminalEvent['outcome']>): Record<string, unknown> =>
  (JSON.parse(bodyOf(outcome).toString()) as { data: Record<string, unknown> }).data;

it('has what is public of an artifact', () => {
  const artifact = { ...ARTIFACT, key: 'secret/place.pdf' };
  expect(dataOf({ result: { artifact }, expires_at: '2026-01-08T00:00:00+00:00' })['artifact']).toEqual({
    ...ARTIFACT,
    expires_at: '2026-01-08T00:00:00.000Z',
  });
});

it('says of a file without pages, and of one that is kept elsewhere, that it has none', () => {
  const artifact = { ...ARTIFACT, pages: undefined };
  expect(dataOf({ result: { artifact } })['artifact']).toEqual({
    ...ARTIFACT,
    pages: null,
    expires_at: null,
  });
});

it('leaves out what an external worker put in the place of an artifact', () => {
  for (const artifact of [
    ['a'],
    { ...ARTIFACT, sha256: 'x'.repeat(25_000) },
    { ...ARTIFACT, bytes: -1 },
    { ...ARTIFACT, bytes: { a: 1 } },
    { ...ARTIFACT, media_type: 7 },
    {},
  ]) {
    expect(dataOf({ result: { artifact } })).not.toHaveProperty('artifact');
  }
  const artifact = { ...ARTIFACT, pages: 'many' };
  expect(dataOf({ result: { artifact } })['artifact']).toMatchObject({ pages: null });
});

it('says in which round the job ended', () => {
  expect(dataOf({})).toMatchObject({ round: 2 });
});

it('leaves a result to the link when it is large', () => {
  expect(dataOf({ result: { text: 'x'.repeat(7_000) } })).toHaveProperty('result');
  expect(dataOf({ result: { text: 'x'.repeat(9_000) } })).not.toHaveProperty('result');
});

it('stays below 20 kB whatever a worker says', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\u0001'.repeat(30_000), '"'.repeat(30_000), '\u6f22'.repeat(30_000)),
  );
  const any = fc.oneof(text, fc.integer(), fc.constant(null), fc.object({ values: [text] }), fc.array(text));
  const artifact = fc.oneof(
    any,
    fc.record({ sha256: any, bytes: any, pages: any, media_type: any }, { requiredKeys: [] }),
  );
  const error = fc.record({ code: text, message: text, retryable: fc.boolean(), step: text });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), any), artifact, error, (result, given, failure) => {
      const body = bodyOf({
        result: { ...result, artifact: given },
        error: { ...failure, attempt: 1, kind: 'internal' },
        expires_at: '2026-01-08T00:00:00Z',
      });
      expect(body.length).toBeLessThanOrEqual(20_000);
    }),
  );
});
