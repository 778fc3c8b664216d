import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { isDataAtFault, isDatabaseOutage } from './database-errors';

const refused = (code: string): QueryFailedError =>
  new QueryFailedError('SELECT 1', [], Object.assign(new Error('refused'), { code }));

describe('an outage of the database', () => {
  it.each(['25006', '53300', '53100', '57014', '57P01', '57P03', '08006', '58030', '25P03'])(
    'is SQLSTATE %s',
    (code) => expect(isDatabaseOutage(refused(code))).toBe(true),
  );

  it.each(['22P02', '23505', '25P02', '53400', '42P01', '54000', '57000', '08P01'])(
    'is not SQLSTATE %s',
    (code) => expect(isDatabaseOutage(refused(code))).toBe(false),
  );

  it('is a session that was cut between two statements', () => {
    expect(isDatabaseOutage(new QueryRunnerAlreadyReleasedError())).toBe(true);
  });

  it('is a socket that cannot be had, and what the pool says of it', () => {
    expect(isDatabaseOutage(Object.assign(new Error(), { code: 'ECONNREFUSED' }))).toBe(true);
    expect(isDatabaseOutage(new Error('timeout exceeded when trying to connect'))).toBe(true);
    expect(isDatabaseOutage(new Error('Connection terminated unexpectedly'))).toBe(true);
    for (const other of [new Error('Connection'), null, undefined, 'ECONNREFUSED'])
      expect(isDatabaseOutage(other)).toBe(false);
  });
});

describe('data at fault', () => {
  it.each(['22P05', '22003', '23505', '23514', '54000'])('is SQLSTATE %s', (code) =>
    expect(isDataAtFault(refused(code))).toBe(true),
  );

  it.each(['25006', '40001', '42P01', '53100', '57014', '08006'])('is not SQLSTATE %s', (code) =>
    expect(isDataAtFault(refused(code))).toBe(false),
  );

  it('is what no JSON can be made of', () => {
    expect(isDataAtFault(new TypeError('Do not know how to serialize a BigInt'))).toBe(true);
    expect(isDataAtFault(new RangeError('Invalid string length'))).toBe(true);
    for (const other of [new Error('Connection terminated'), null, undefined])
      expect(isDataAtFault(other)).toBe(false);
  });
});
