import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CsvRecord, CsvRecords, CsvSyntaxError, MAX_COLUMNS, MAX_RECORD_CHARACTERS } from './csv-records';

interface Outcome {
  records: CsvRecord[];
  fault?: CsvSyntaxError;
}

function read(text: string, pieceSize = text.length || 1): Outcome {
  const reader = new CsvRecords();
  const records: CsvRecord[] = [];
  try {
    for (let at = 0; at < text.length; at += pieceSize) {
      for (const record of reader.read(text.slice(at, at + pieceSize))) records.push(record);
    }
    for (const record of reader.end()) records.push(record);
    return { records };
  } catch (fault) {
    if (!(fault instanceof CsvSyntaxError)) throw fault;
    return { records, fault };
  }
}

const fieldsOf = ({ records }: Outcome): string[][] => records.map(({ fields }) => fields);
/** Text in which commas, quotes and line ends are common. */
const hostileText = (...characters: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(',', '"', ' ', ...characters), fc.constantFrom('a', 'é', '\u{1f600}')))
    .map((parts) => parts.join(''));

describe('cutting a CSV into records', () => {
  it('reads as csv-parse does, whatever the text', () => {
    fc.assert(
      fc.property(hostileText('\n'), (text) => {
        const outcome = read(text);
        let expected: string[][] | undefined;
        try {
          expected = parse(text, { relax_column_count: true, record_delimiter: '\n' });
        } catch {
          expected = undefined;
        }
        const isBlank = (fields: string[]): boolean => fields.length === 1 && fields[0]!.trim() === '';
        expect(outcome.fault === undefined ? fieldsOf(outcome) : undefined).toEqual(
          expected?.filter((fields) => !isBlank(fields)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same records and the same fault wherever the text is cut', () => {
    fc.assert(
      fc.property(hostileText('\n', '\r', '\r\n'), fc.integer({ min: 1, max: 7 }), (text, pieceSize) => {
        const whole = read(text);
        const cut = read(text, pieceSize);
        expect(cut.records).toEqual(whole.records);
        expect(cut.fault?.row).toBe(whole.fault?.row);
        expect(cut.fault?.message).toBe(whole.fault?.message);
      }),
      { numRuns: 1_000 },
    );
  });

  it('numbers the rows with the blank ones, and knows all line ends', () => {
    expect(read('a\n\n \r\n"b\r\nc"\r\rd').records).toEqual([
      { row: 1, fields: ['a'], width: 1 },
      { row: 4, fields: ['b\r\nc'], width: 1 },
      { row: 6, fields: ['d'], width: 1 },
    ]);
  });

  it.each([',', '"', '"",', 'a', ' ', '""', '\u20ac,', '"a\n'])(
    'ends at a row of %j over and over, before it holds more than a row may have',
    (text) => {
      const { records, fault } = read(text.repeat(2 * MAX_RECORD_CHARACTERS), 1_000);
      expect(fault?.row).toBeLessThanOrEqual(2);
      expect(records.length).toBeLessThanOrEqual(1);
    },
  );

  it('counts delimiters, quotes and line ends in quotes as a part of the row', () => {
    const filled = (text: string): string => text.padEnd(MAX_RECORD_CHARACTERS, '"\n,"');
    expect(read(`${','.repeat(MAX_RECORD_CHARACTERS - 1)}\n`).fault).toBeUndefined();
    expect(read(`${','.repeat(MAX_RECORD_CHARACTERS)}\n`).fault?.message).toMatch(/longer than/);
    expect(read(`${filled('')}a`).fault?.message).toMatch(/longer than/);
    expect(read(`"${'\n'.repeat(MAX_RECORD_CHARACTERS)}`).fault?.message).toMatch(/never be closed/);
  });

  it('keeps no more fields of a row than a file may have columns, and counts them all', () => {
    const [record] = read('a,'.repeat(5_000)).records;
    expect(record).toMatchObject({ width: 5_001 });
    expect(record!.fields).toHaveLength(MAX_COLUMNS);
  });
});
