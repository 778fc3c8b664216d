import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { broken, Case, codeOf, Stage } from './cases';

const HEADER = 'order_number,ordered_at,customer_name,sku,description,quantity,unit_price\n';
const ROW = 'A-1,2026-01-01,Eve,S-1,Thing,2,1.50\n';
const MEGABYTE = 1024 * 1024;
const IMPORT_WITHIN_MS = 600_000;

/** So many bytes of the same text over and over, after a beginning, without holding them. */
function repeated(text: string, bytes: number, beginning = ''): Readable {
  const piece = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  return Readable.from(
    (function* () {
      if (beginning !== '') yield Buffer.from(beginning);
      for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
    })(),
    { objectMode: false },
  );
}

type Headers = Record<string, string>;

async function upload({ target, tenant }: Stage, body: Readable | string | Buffer, headers: Headers = {}) {
  return target.call('POST', '/v1/orders/imports', {
    key: tenant.key,
    headers: { 'content-type': 'text/csv', ...headers },
    body,
  });
}

/** `refused`: as no file, or for its rows. */
type Expected = 'invalid_file' | 'invalid_csv' | 'refused' | 'COMPLETED' | 'either';
const ENDS: Record<Expected, readonly string[]> = {
  invalid_file: ['invalid_file'],
  invalid_csv: ['invalid_csv'],
  refused: ['invalid_file', 'invalid_csv'],
  COMPLETED: ['COMPLETED'],
  either: ['invalid_file', 'invalid_csv', 'COMPLETED'],
};

/** Imports a file and says what is wrong with how it ended. */
export async function imported(
  stage: Stage,
  body: Readable | string | Buffer,
  expected: Expected,
  headers: Headers = {},
): Promise<string[]> {
  const answer = await upload(stage, body, headers);
  if (answer.status !== 202) {
    const wrong = broken(answer);
    if (answer.status >= 400 && answer.status < 500 && expected !== 'COMPLETED') return wrong;
    return [...wrong, `answered ${answer.status} ${codeOf(answer.body) ?? ''}`];
  }
  const { id } = JSON.parse(answer.body.toString()) as { id: string };
  const job = await stage.target.ended(`/v1/orders/imports/${id}`, stage.tenant.key, IMPORT_WITHIN_MS);
  const wrong: string[] = [];
  const error = job['error'] as { code: string } | null;
  const end = error?.code ?? String(job['status']);
  if (!ENDS[expected].includes(end)) wrong.push(`ended as ${end}: ${JSON.stringify(job['error'])}`);
  if (Number(job['attempt']) > 1) wrong.push(`took ${String(job['attempt'])} attempts`);
  const bytes = JSON.stringify(job).length;
  if (bytes > MEGABYTE) wrong.push(`the import is shown in ${bytes} bytes`);
  return wrong;
}

interface File {
  name: string;
  make: () => Readable | string | Buffer;
  expected: Expected;
  headers?: Headers;
}

const NDJSON = { 'content-type': 'application/x-ndjson' };
const GZIP = { 'content-encoding': 'gzip' };
const ORDER = {
  ordered_at: '2026-01-01',
  currency: 'EUR',
  customer_name: 'Eve',
  lines: [{ sku: 'S', description: 'T', quantity: '1', unit_price: '1' }],
};
/** So many megabytes of the same text, compressed. */
const packed = (text: string, megabytes: number, beginning = ''): Readable =>
  repeated(text, megabytes * MEGABYTE, beginning).pipe(createGzip());

const FILES_OF_OTHER_KINDS: File[] = [
  {
    name: '600 MB of line ends in 600 KB of gzip',
    make: () => packed('\n', 600, HEADER),
    expected: 'invalid_file',
    headers: GZIP,
  },
  {
    name: '600 MB of letters in 600 KB of gzip',
    make: () => packed('a', 600, HEADER),
    expected: 'refused',
    headers: GZIP,
  },
  {
    name: '600 MB of good rows in gzip, of one order',
    make: () => packed(ROW.replace('Thing', 'Thing '.repeat(80)), 600, HEADER),
    expected: 'invalid_file',
    headers: GZIP,
  },
  {
    name: 'gzip in gzip',
    make: () => gzipSync(gzipSync(HEADER + ROW)),
    expected: 'invalid_file',
    headers: GZIP,
  },
  { name: 'gzip that is none', make: () => HEADER + ROW, expected: 'invalid_file', headers: GZIP },
  {
    name: 'gzip that is damaged half-way',
    make: () => {
      const file = gzipSync(
        HEADER + Array.from({ length: 50_000 }, (_, i) => ROW.replace('A-1', `D-${i}`)).join(''),
      );
      const half = Math.floor(file.length / 2);
      return file.fill(0xff, half, half + 100);
    },
    expected: 'refused',
    headers: GZIP,
  },
  {
    name: '20 MB of brackets as NDJSON',
    make: () => repeated('[', 20e6),
    expected: 'invalid_file',
    headers: NDJSON,
  },
  {
    name: '20 MB of lines of brackets as NDJSON',
    make: () => repeated(`${'['.repeat(50_000)}\n`, 20e6, `${JSON.stringify({ number: 'B', ...ORDER })}\n`),
    expected: 'invalid_csv',
    headers: NDJSON,
  },
  {
    name: '20 MB of lines of half a megabyte of brackets as NDJSON',
    make: () => repeated(`${'['.repeat(500_000)}\n`, 20e6, `${JSON.stringify({ number: 'B', ...ORDER })}\n`),
    expected: 'invalid_csv',
    headers: NDJSON,
  },
  {
    name: '20 MB of one order of 4,500 lines as NDJSON',
    make: () => {
      const line = { ...ORDER.lines[0], description: 'x'.repeat(40) };
      return repeated(`${JSON.stringify({ ...ORDER, number: 'L', lines: Array(4_500).fill(line) })}\n`, 20e6);
    },
    expected: 'invalid_csv',
    headers: NDJSON,
  },
  {
    name: '20 MB of orders of empty lines as NDJSON',
    make: () => repeated(`{"lines":[${'{},'.repeat(30_000)}{}]}\n`, 20e6),
    expected: 'invalid_csv',
    headers: NDJSON,
  },
  {
    name: '20 MB of empty objects as NDJSON',
    make: () => repeated('{}\n', 20e6),
    expected: 'invalid_csv',
    headers: NDJSON,
  },
  {
    name: 'NDJSON with names that mean something to objects',
    make: () => '{"__proto__":{"number":"P"},"constructor":1,"number":"\\ud800"}\n',
    expected: 'invalid_csv',
    headers: NDJSON,
  },
  {
    name: 'a form with 20 MB of fields before its file',
    make: () => repeated('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n', 20e6),
    expected: 'refused',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  },
  {
    name: 'a form whose headers never end',
    make: () => repeated('X: y\r\n', 20e6, '--x\r\n'),
    expected: 'refused',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  },
  {
    name: 'amounts that look like many numbers',
    make: () =>
      HEADER + Array.from({ length: 5_000 }, () => ROW.replace('1.50', `"${'1,111'.repeat(11)}"`)).join(''),
    expected: 'invalid_csv',
  },
  {
    name: 'half UTF-16',
    make: () => Buffer.from(HEADER + ROW, 'utf16le').subarray(0, -1),
    expected: 'refused',
  },
  { name: 'a workbook', make: () => Buffer.from('PK\x03\x04'.repeat(1_000)), expected: 'invalid_file' },
];

const FILES: File[] = [
  { name: '40 MB of commas', make: () => repeated(',', 40e6), expected: 'invalid_file' },
  {
    name: '40 MB of commas after a header',
    make: () => repeated(',', 40e6, HEADER),
    expected: 'invalid_csv',
  },
  {
    name: '2 MB of "a\\n" after a header',
    make: () => repeated('a\n', 2e6, HEADER),
    expected: 'invalid_csv',
  },
  { name: '1 MB of line ends after a header', make: () => repeated('\n', 1e6, HEADER), expected: 'either' },
  {
    name: '100 MB of line ends after a header',
    make: () => repeated('\n', 100e6, HEADER),
    expected: 'either',
  },
  { name: '100 MB of line ends before a header', make: () => repeated('\n', 100e6), expected: 'either' },
  { name: '20 MB of CR', make: () => repeated('\r', 20e6, HEADER), expected: 'either' },
  { name: '20 MB of CR LF', make: () => repeated('\r\n', 20e6, HEADER), expected: 'either' },
  { name: '20 MB of quotes', make: () => repeated('"', 20e6, HEADER), expected: 'invalid_csv' },
  { name: '20 MB of quoted nothing', make: () => repeated('"",', 20e6, HEADER), expected: 'invalid_csv' },
  {
    name: '20 MB in a quote that is never closed',
    make: () => repeated('a\n', 20e6, `${HEADER}"`),
    expected: 'invalid_csv',
  },
  { name: '20 MB of letters', make: () => repeated('a', 20e6, HEADER), expected: 'invalid_csv' },
  { name: '20 MB of spaces', make: () => repeated(' ', 20e6, HEADER), expected: 'either' },
  { name: '20 MB of rows of spaces', make: () => repeated('   \n', 20e6, HEADER), expected: 'either' },
  { name: '20 MB of NUL', make: () => repeated('\0', 20e6, HEADER), expected: 'invalid_csv' },
  {
    name: '20 MB of bytes that are no UTF-8',
    make: () => repeated('\n', 20e6, `${HEADER}\u{10ffff}`),
    expected: 'refused',
  },
  {
    name: '20 MB of rows with a field too many',
    make: () => repeated(ROW.replace('\n', ',x\n'), 20e6, HEADER),
    expected: 'invalid_csv',
  },
  {
    name: '20 MB of rows with seven faults each',
    make: () => repeated('\u0001,x,\u0001,\u0001,\u0001,x,x\n', 20e6, HEADER),
    expected: 'invalid_csv',
  },
  { name: '20 MB of rows of one order', make: () => repeated(ROW, 20e6, HEADER), expected: 'invalid_csv' },
  {
    name: '49,000 columns',
    make: () => `${HEADER.trim()},${'c,'.repeat(49_000)}c\n`,
    expected: 'invalid_csv',
  },
  {
    name: 'a header of 49,000 quoted columns',
    make: () => `${HEADER.trim()},${'"c",'.repeat(49_000)}"c"\n`,
    expected: 'invalid_file',
  },
  {
    name: '150 columns with names of 500 characters',
    make: () => `${HEADER.trim()},${`${'c'.repeat(500)},`.repeat(140)}c\n`,
    expected: 'either',
  },
  {
    name: 'a number of 100,000 digits',
    make: () => `${HEADER}A,2026-01-01,E,S,T,${'9'.repeat(99_000)},1\n`,
    expected: 'invalid_csv',
  },
  {
    name: 'a date of 100,000 characters',
    make: () => `${HEADER}A,${'2026-01-01T'.repeat(9_000)},E,S,T,1,1\n`,
    expected: 'invalid_csv',
  },
  { name: 'nothing', make: () => '', expected: 'invalid_csv' },
  { name: 'a header alone', make: () => HEADER, expected: 'either' },
  ...['a\tb', 'a\u009b31m', 'a\u0007', '"a\nb\r\nc"', 'a\u0085b'].map((name): File => ({
    name: `a name with a control character (${JSON.stringify(name)})`,
    make: () => HEADER + ROW.replace('Eve', name),
    expected: 'invalid_csv',
  })),
  ...['1e400', 'NaN', 'Infinity', '-0', '0x10', '1,5', '٣', '1_000'].map((value): File => ({
    name: `a quantity of ${value}`,
    make: () => HEADER + ROW.replace(',2,', `,"${value}",`),
    expected: 'invalid_csv',
  })),
  ...['0000-00-00', '10000-01-01', '2026-01-01T00:00:60Z', '2026-01-01T00:00:00+99:99', '2026-02-30'].map(
    (value): File => ({
      name: `a date of ${value}`,
      make: () => HEADER + ROW.replace('2026-01-01', value),
      expected: 'invalid_csv',
    }),
  ),
  { name: 'UTF-16', make: () => Buffer.from(HEADER + ROW, 'utf16le'), expected: 'COMPLETED' },
  ...FILES_OF_OTHER_KINDS,
  {
    name: 'a header twice in one row',
    make: () => HEADER.replace('\n', `,${HEADER}`) + ROW,
    expected: 'invalid_csv',
  },
];

export const FILE_CASES: Case[] = [
  ...FILES.map(({ name, make, expected, headers }) => ({
    name: `import of ${name}`,
    run: (stage: Stage) => imported(stage, make(), expected, headers),
  })),
  {
    name: 'an import of 100 MB is cancelled while it is read',
    run: async (stage) => {
      const { target, tenant } = stage;
      const answer = await upload(stage, repeated('a\n', 100e6, HEADER + '\n'.repeat(1e6)));
      if (answer.status !== 202) return broken(answer);
      const { id } = JSON.parse(answer.body.toString()) as { id: string };
      const cancelled = await target.call('DELETE', `/v1/jobs/${id}`, { key: tenant.key });
      const job = await target.ended(`/v1/jobs/${id}`, tenant.key, 60_000);
      const end = String(job['status']);
      return [...broken(cancelled), ...(['CANCELLED', 'FAILED'].includes(end) ? [] : [`ended as ${end}`])];
    },
  },
  {
    name: 'four hostile imports at once, and a report beside them',
    run: async (stage) => {
      const { target, tenant } = stage;
      const period = { start_date: '2016-01-01', end_date: '2017-01-01' };
      const imports = [',', 'a\n', '\n', '"'].map((text) =>
        imported(stage, repeated(text, 10e6, HEADER), 'either'),
      );
      const made = await target.json('POST', '/v1/orders/reports', { key: tenant.key, body: period });
      const report = await target.ended(`/v1/jobs/${String(made['id'])}`, tenant.key, IMPORT_WITHIN_MS);
      const wrong = (await Promise.all(imports)).flat();
      return report['status'] === 'COMPLETED'
        ? wrong
        : [...wrong, `the report is ${String(report['status'])}`];
    },
  },
  {
    name: 'an upload that breaks off leaves nothing behind',
    run: async ({ target, tenant }) => {
      const head =
        `POST /v1/orders/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.key}\r\n` +
        'Content-Type: text/csv\r\nContent-Length: 50000000\r\n\r\n';
      const answers = await target.raw(head + HEADER + ROW.repeat(1_000), 300);
      const { data } = (await target.json('GET', '/v1/orders/imports', { key: tenant.key })) as {
        data: unknown[];
      };
      return [...answers.flatMap(broken), ...(data.length > 0 ? ['it became an import'] : [])];
    },
  },
];
