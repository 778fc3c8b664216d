import fc from 'fast-check';
import { JobState } from '../../jobs/job';
import { faultsOfMetadata, faultsOfTags, type JobLabels } from '../../jobs/job-labels';
import { callbackBody, LONGEST_BODY, TerminalEvent } from './callback-body';

const NONE: JobLabels = { metadata: {}, tags: [] };
const LONGEST_WITHOUT_LABELS = 20_000;
/** As large as they may be. */
const LARGEST: JobLabels = {
  metadata: { a: 'x'.repeat(4_096 - '{"a":""}'.length) },
  tags: Array.from({ length: 10 }, (_, n) => '\u{1f4a9}'.repeat(49) + String(n)),
};
const ARTIFACT = { sha256: 'ab'.repeat(32), bytes: 48_211, pages: 12, media_type: 'application/pdf' };

const bodyOf = (outcome: Partial<TerminalEvent['outcome']>, labels: JobLabels = NONE): Buffer =>
  callbackBody(
    {
      jobId: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11',
      jobType: 'warehouse.pick',
      type: 'warehouse.pick.completed',
      round: 2,
      occurredAt: new Date('2026-01-01T00:00:00Z'),
      labels,
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

it('stays below its bound whatever a worker and a caller say', () => {
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
  const label = fc.string({ unit: fc.constantFrom('"', '\\', '\u{1f4a9}', 'a') });
  const labels = fc
    .record({
      metadata: fc.dictionary(label, fc.oneof(label, fc.constantFrom('"'.repeat(2_030), 'a'.repeat(4_083)))),
      tags: fc.array(
        fc.oneof(
          label,
          fc.constantFrom('\u{1f4a9}'.repeat(49)).chain((long) => label.map((end) => long + end)),
        ),
      ),
    })
    .filter(({ metadata, tags }) => faultsOfMetadata(metadata).length + faultsOfTags(tags).length === 0);
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), any),
      artifact,
      error,
      fc.oneof(labels, fc.constant(LARGEST)),
      (result, given, failure, all) => {
        const outcome = {
          result: { ...result, artifact: given },
          error: { ...failure, attempt: 1, kind: 'internal' as const },
          expires_at: '2026-01-08T00:00:00Z',
        };
        const body = bodyOf(outcome, all);
        expect(body.length).toBeLessThanOrEqual(LONGEST_BODY);
        // What a receiver could be sent before there were labels, and these.
        const labelled = Buffer.byteLength(JSON.stringify(all)) + LONGEST_WITHOUT_LABELS;
        expect(body.length).toBeLessThanOrEqual(labelled);
      },
    ),
  );
});

it('has the labels of the job', () => {
  const labels = { metadata: { customer: 'C-1', b: '2', a: '' }, tags: ['x', 'year-end'] };
  expect(JSON.parse(bodyOf({}, labels).toString()).data).toMatchObject(labels);
  expect(dataOf({})).toMatchObject(NONE);
});
