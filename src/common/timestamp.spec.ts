import fc from 'fast-check';
import { parseTimestamp } from './timestamp';

describe('the time of an order', () => {
  it.each([
    ['2016-11-08', '2016-11-08T00:00:00.000Z'],
    ['2016-02-29', '2016-02-29T00:00:00.000Z'],
    ['2016-11-08T14:30', '2016-11-08T14:30:00.000Z'],
    ['2016-11-08 14:30:15', '2016-11-08T14:30:15.000Z'],
    ['2016-11-08T14:30:15.5Z', '2016-11-08T14:30:15.500Z'],
    ['2016-11-08t14:30:15.123456z', '2016-11-08T14:30:15.123Z'],
    ['2016-11-08T00:30:00+01:00', '2016-11-07T23:30:00.000Z'],
  ])('reads %s', (text, time) => {
    expect(parseTimestamp(text)?.toISOString()).toBe(time);
  });

  it.each([
    '',
    '2015-02-29',
    '2016-13-01',
    '2016-04-31',
    '2016-00-10',
    '2016-11-08T24:00',
    '2016-11-08T12:60',
    '2016-11-08T12:00:61Z',
    '2016-11-08T12:00:00+25:00',
    '11/08/2016',
    '08.11.2016',
    '2016-11-8',
    '20161108',
    '0016-11-08',
    '1899-12-31',
    '1900-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-14:00',
    '1478563200',
    'yesterday',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it('reads every time that ISO 8601 writes', () => {
    const times = fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(times, (time) => parseTimestamp(time.toISOString())?.getTime() === time.getTime()));
  });
});
