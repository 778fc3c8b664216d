import fc from 'fast-check';
import { Readable } from 'node:stream';
import { DelimitedReader } from './delimited-reader';
import { MAX_COUNTED_ERRORS, MAX_ROW_ERRORS, RowErrors } from './import-failures';
import { ImportSettings } from './import-settings';
import type { ImportedRow } from './imported-row';
import { guarded } from '../formula-guard';
import { isVisible } from '../../common/plain-text';
import { PLAIN } from './import-settings';

const HEADER = 'order_number,ordered_at,customer_name,sku,description,quantity,unit_price';
const ROW = 'A-1,2026-01-01,Eve,S-1,Thing,2,1.50';

async function read(file: string | Buffer, chunkSize = 1 << 16, settings: Partial<ImportSettings> = {}) {
  const bytes = Buffer.from(file);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, i) =>
    bytes.subarray(i * chunkSize, (i + 1) * chunkSize),
  );
  const errors = new RowErrors();
  const reader = new DelimitedReader(Readable.from(chunks), { ...PLAIN, ...settings }, errors);
  const rows: ImportedRow[] = [];
  for await (const batch of reader.batches()) rows.push(...batch);
  const { ignoredColumns: ignored, isReadWhole, isNoFile, detected } = reader;
  return { rows, errors: errors.list, errorCount: errors.count, ignored, isReadWhole, isNoFile, detected };
}

/** As work does that is no waiting. */
function busyFor(milliseconds: number): void {
  const from = performance.now();
  let now = from;
  while (now - from < milliseconds) now = performance.now();
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

describe('reading an order CSV', () => {
  it('reads what was written, whatever the text and wherever the chunks are cut', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .map((value) => value.replace(/\p{Cc}/gu, ' ').trim())
      .filter(isVisible);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, chunkSize, newline) => {
          const body = rows.map(
            ([name, thing]) => `A-1,2026-01-01,${quoted(guarded(name))},S-1,${quoted(guarded(thing))},2,1.50`,
          );
          const { rows: read_, errors } = await read([HEADER, ...body].join(newline), chunkSize);
          expect(errors).toEqual([]);
          expect(read_.map((row) => [row.customerName, row.lines[0]?.description])).toEqual(rows);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never breaks on any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const { rows, errorCount } = await read(Buffer.concat([Buffer.from(`${HEADER}\n`), bytes]));
        expect(rows.length + errorCount).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('takes a byte order mark, blank lines, other cases of the names, and columns that it does not know', async () => {
    const file = `\ufeffOrder Number,ORDERED-AT,customer_name,sku,description,quantity,unit_price,colour\n\n${ROW},red\n`;
    const { rows, errors, ignored } = await read(file);
    expect(errors).toEqual([]);
    expect(ignored).toEqual(['colour']);
    expect(rows).toEqual([
      {
        row: 3,
        orderNumber: 'A-1',
        orderedAt: '2026-01-01T00:00:00.000Z',
        status: null,
        currency: null,
        customerName: 'Eve',
        customerReference: null,
        taxIncluded: null,
        amounts: {},
        lines: [
          { sku: 'S-1', description: 'Thing', quantity: '2', unitPrice: '1.50', total: null, discount: null },
        ],
      },
    ]);
  });

  it.each([
    ['a date that does not exist', 'A-1,2026-02-30,Eve,S-1,Thing,2,1.50', 'ordered_at', '2026-02-30'],
    ['a date in an ambiguous format', 'A-1,02/03/2026,Eve,S-1,Thing,2,1.50', 'ordered_at', '02/03/2026'],
    ['a missing name', 'A-1,2026-01-01, ,S-1,Thing,2,1.50', 'customer_name', null],
    ['a quantity of nothing', 'A-1,2026-01-01,Eve,S-1,Thing,0,1.50', 'quantity', '0'],
    ['a price with a comma', 'A-1,2026-01-01,Eve,S-1,Thing,2,"1,50"', 'unit_price', '1,50'],
    ['a price in another currency', 'A-1,2026-01-01,Eve,S-1,Thing,2,€1.50', 'unit_price', '€1.50'],
    ['no price at all', 'A-1,2026-01-01,Eve,S-1,Thing,2,', 'unit_price', null],
    [
      'a sku that is too long',
      `A-1,2026-01-01,Eve,${'S'.repeat(101)},Thing,2,1.50`,
      'sku',
      `${'S'.repeat(99)}…`,
    ],
    ['a control character', 'A-1,2026-01-01,E\u0000ve,S-1,Thing,2,1.50', 'customer_name', 'E\ufffdve'],
    ['a tab', 'A-1,2026-01-01,E\tve,S-1,Thing,2,1.50', 'customer_name', 'E\tve'],
    ['a line end', 'A-1,2026-01-01,"E\nve",S-1,Thing,2,1.50', 'customer_name', 'E\nve'],
    ['a control character of C1', 'A-1,2026-01-01,Eve,S-1,Th\u009bing,2,1.50', 'description', 'Th\u009bing'],
    ['too few fields', 'A-1,2026-01-01', null, null],
    ['too many fields', `${ROW},more`, null, null],
  ])('names the row and the column of %s', async (_what, row, field, value) => {
    const { rows, errors } = await read([HEADER, ROW, row, ROW].join('\n'));
    expect(rows.map((each) => each.row)).toEqual([2, 4]);
    expect(errors).toEqual([{ row: 3, field, message: expect.any(String), value: value ?? null }]);
  });

  it.each([
    ['an unclosed quote', Buffer.from(`${HEADER}\n${ROW}\nA-1,"open`), 3, /never closed/],
    ['a stray quote', Buffer.from(`${HEADER}\n${ROW}\nA-1,a"b"`), 3, /quoted itself/],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.from([0xe9])]),
      2,
      /UTF-8/,
    ],
    ['a missing column', Buffer.from('order_number\nA-1\nA-2,more'), 1, /is missing/],
    ['an empty file', Buffer.alloc(0), 1, /empty/],
  ])('ends at %s', async (_what, file, row, message) => {
    const { errors } = await read(file);
    expect(errors[0]).toMatchObject({ row, message: expect.stringMatching(message) });
    // What stands behind it is not looked at.
    expect(new Set(errors.map((error) => error.row))).toEqual(new Set([row]));
  });

  it('keeps a bounded number of errors, and counts them all', async () => {
    const { errors, errorCount, isReadWhole } = await read(
      [HEADER, ...Array<string>(3_000).fill('bad')].join('\n'),
    );
    expect(errors).toHaveLength(MAX_ROW_ERRORS);
    expect(errorCount).toBe(3_000);
    expect(isReadWhole).toBe(true);
  });

  it.each([
    ['rows of another width', 'a\n'],
    ['rows of many faults', '\u0001,x,\u0001,\u0001,\u0001,x,x\n'],
  ])('reads no further after too many errors in %s', async (_what, row) => {
    const { errorCount, isReadWhole } = await read(`${HEADER}\n${row.repeat(2 * MAX_COUNTED_ERRORS)}`);
    expect(errorCount).toBeGreaterThanOrEqual(MAX_COUNTED_ERRORS);
    expect(errorCount).toBeLessThan(MAX_COUNTED_ERRORS + 20);
    expect(isReadWhole).toBe(false);
  });

  it('skips blank lines, however many, before and after the header', async () => {
    const blank = '\n'.repeat(50_000);
    const { rows, errors } = await read(`${blank}${HEADER}\n${blank}${ROW}\n${blank}`);
    expect(errors).toEqual([]);
    expect(rows.map(({ row }) => row)).toEqual([100_002]);
  });

  it('refuses more columns than a file may have, and shows the names of the others cut', async () => {
    const many = await read(`${HEADER}${',c'.repeat(1_000)}\n`);
    expect(many.errors).toEqual([
      { row: 1, field: null, message: 'the file has 1007 columns, more than 200', value: null },
    ]);
    const { ignored } = await read(`${HEADER},${'long'.repeat(500)}\n`);
    expect(ignored).toEqual([`${'long'.repeat(500).slice(0, 99)}…`]);
  });

  it.each([
    ['line ends', '\n'],
    ['rows', `${ROW}\n`],
  ])('gives others their turn, and stops when it is aborted, in a file of %s', async (_what, row) => {
    const abort = new AbortController();
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (turns === 3) abort.abort(new Error('enough'));
      else setImmediate(count);
    };
    setImmediate(count);
    const file = Buffer.from(`${HEADER}\n${row.repeat(64 * 1024)}`);
    // Not endless: without a turn nothing could end it.
    const pieces = [file, ...Array<Buffer>(50).fill(file.subarray(HEADER.length + 1))];
    const reader = new DelimitedReader(Readable.from(pieces), PLAIN, new RowErrors(), abort.signal);
    const readAll = async (): Promise<void> => {
      for await (const [first] of reader.batches()) expect(first?.lines[0]?.sku).toBe('S-1');
    };
    await expect(readAll()).rejects.toThrow('enough');
  });

  it('counts in what is done with the rows, and gives few of them at once', async () => {
    const file = Buffer.from(`${HEADER}\n${`${ROW}\n`.repeat(20_000)}`);
    const reader = new DelimitedReader(Readable.from([file]), PLAIN, new RowErrors());
    const most = { rows: 0, batches: 0 };
    let batches = 0;
    const turn = (): void => {
      batches = 0;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    for await (const rows of reader.batches()) {
      batches += 1;
      most.rows = Math.max(most.rows, rows.length);
      most.batches = Math.max(most.batches, batches);
      busyFor(1);
    }
    clearImmediate(next);
    expect(most.rows).toBeLessThan(150);
    // A slow machine has fewer.
    expect(most.batches).toBeLessThan(12);
  });
});
