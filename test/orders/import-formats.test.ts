import { gzipSync } from 'node:zlib';
import { MAX_LINE_CHARACTERS } from '../../src/orders/import/ndjson-reader';
import { OrdersApi } from './orders-api';
import { DEMO_KEY } from '../support/test-config';

const HEADER = 'number,ordered_at,customer_name,currency,sku,description,quantity,unit_price';
const fileOf = (...numbers: string[]): string =>
  [HEADER, ...numbers.map((number) => `${number},2026-01-01,Eve,EUR,S-1,Thing,2,2.50`), ''].join('\n');

type Body = string | Buffer | FormData;

describe('the forms in which a file may be sent', () => {
  let api: OrdersApi;
  beforeAll(async () => {
    api = await OrdersApi.start({ SAMPLE_DATA: 'false' });
  });
  beforeEach(async () => {
    await api.database.query('DELETE FROM orders');
  });
  afterAll(() => api.stop());

  async function send(
    body: Body,
    { query = '', ...headers }: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> & { id: string } }> {
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/orders/imports${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${DEMO_KEY}`, ...headers },
      body,
    });
    return { status: response.status, body: (await response.json()) as { id: string } };
  }
  const imported = async (body: Body, headers?: Record<string, string>) => {
    const answer = await send(body, headers);
    expect(answer).toMatchObject({ status: 202 });
    return api.imported(answer.body.id);
  };
  const numbers = async (): Promise<string[]> =>
    (await api.database.query<{ number: string }[]>('SELECT number FROM orders ORDER BY number')).map(
      ({ number }) => number,
    );
  const CSV = { 'content-type': 'text/csv' };
  const NDJSON = { 'content-type': 'application/x-ndjson' };

  describe('a form', () => {
    const formOf = (...parts: [name: string, content: string | Blob, filename?: string][]): FormData => {
      const form = new FormData();
      for (const [name, content, filename] of parts)
        if (filename === undefined) form.append(name, content);
        else form.append(name, content, filename);
      return form;
    };

    it('knows lines of JSON by their name, also packed', async () => {
      const line = JSON.stringify({
        number: 'Z-1',
        ordered_at: '2026-01-01',
        currency: 'EUR',
        customer_name: 'Eve',
        lines: [{ sku: 'S', description: 'Thing', quantity: '1', unit_price: '1' }],
      });
      const packed = new Blob([gzipSync(`${line}\n`)]);
      expect(await imported(formOf(['file', packed, 'Orders.NDJSON.gz']))).toMatchObject({
        result: { created: 1 },
      });
    });

    it('sends the file as its part of that name, whatever stands beside it', async () => {
      const form = formOf(
        ['note', 'hello'],
        ['other', new Blob(['not this one']), 'other.csv'],
        ['file', new Blob([fileOf('F-1', 'F-2')], { type: 'application/vnd.ms-excel' }), 'orders.csv'],
      );
      expect(await imported(form)).toMatchObject({
        status: 'COMPLETED',
        result: { created: 2, detected: { format: 'delimited', delimiter: ',' } },
      });
      expect(await numbers()).toEqual(['F-1', 'F-2']);
    });

    it('sends NDJSON by the name of the file, and a file that is compressed', async () => {
      const order = { number: 'F-3', ordered_at: '2026-01-01', currency: 'EUR', customer_name: 'Eve' };
      const line = JSON.stringify({
        ...order,
        lines: [{ sku: 'S', description: 'Thing', quantity: '1', unit_price: '1.00' }],
      });
      expect(await imported(formOf(['file', new Blob([line]), 'orders.jsonl']))).toMatchObject({
        result: { created: 1, detected: { format: 'ndjson' } },
      });
      const packed = new Blob([gzipSync(fileOf('F-4'))], { type: 'application/gzip' });
      expect(await imported(formOf(['file', packed, 'orders.csv.gz']))).toMatchObject({
        result: { created: 1, detected: { compression: 'gzip' } },
      });
    });

    it('may be compressed as a whole', async () => {
      const body = Buffer.from(
        `--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${fileOf('F-5')}\r\n--x--\r\n`,
      );
      const type = { 'content-type': 'multipart/form-data; boundary=x' };
      expect(await imported(gzipSync(body), { ...type, 'content-encoding': 'gzip' })).toMatchObject({
        result: { created: 1 },
      });
      expect(await send(body, { ...type, 'content-encoding': 'gzip' })).toMatchObject({
        status: 422,
        body: { code: 'invalid_file' },
      });
    });

    it('is refused without the part, without a boundary, and when it breaks off', async () => {
      expect(await send(formOf(['note', 'hello']))).toMatchObject({
        status: 422,
        body: { code: 'invalid_request', errors: [{ field: 'file' }] },
      });
      expect(await send('hello', { 'content-type': 'multipart/form-data' })).toMatchObject({
        status: 400,
        body: { code: 'invalid_multipart' },
      });
      const broken = `--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${fileOf('F-6')}`;
      expect(await send(broken, { 'content-type': 'multipart/form-data; boundary=x' })).toMatchObject({
        status: 400,
        body: { code: 'invalid_multipart' },
      });
      const empty = formOf(['file', new Blob([]), 'a.csv']);
      expect(await send(empty)).toMatchObject({ status: 422, body: { code: 'empty_file' } });
      expect(await numbers()).toEqual([]);
    });
  });

  describe('gzip', () => {
    it('is unpacked, and recognised without its header too', async () => {
      const packed = gzipSync(fileOf('G-1'));
      expect(await imported(packed, { ...CSV, 'content-encoding': 'gzip' })).toMatchObject({
        result: { created: 1, detected: { compression: 'gzip', encoding: 'utf-8' } },
      });
      expect(await imported(gzipSync(fileOf('G-2')), CSV)).toMatchObject({ result: { created: 1 } });
    });

    it.each([
      ['is none', Buffer.from(fileOf('G-3')), /sent as gzip and is none/],
      ['is cut off', gzipSync(fileOf('G-3', 'G-4')).subarray(0, 40), /not whole or not gzip/],
      [
        'unpacks to more than a file may have',
        // Of rows that are blank, and few.
        gzipSync(Buffer.alloc(513 * 1024 * 1024, `${' '.repeat(50_000)}\n`), { level: 1 }),
        /unpacked, the file has more than 536870912 bytes/,
      ],
    ])('ends as invalid_file when it %s', async (_what, body, message) => {
      expect(await imported(body, { ...CSV, 'content-encoding': 'gzip' })).toMatchObject({
        status: 'FAILED',
        attempt: 1,
        error: { code: 'invalid_file', retryable: false },
        row_errors: [{ field: null, message: expect.stringMatching(message) }],
      });
    });
  });

  describe('text', () => {
    const GERMAN = [
      'Bestellnummer;Datum;Name;Währung;Artikel;Bezeichnung;Menge;Preis;Versand',
      'D-1;08.01.2024;Jörg Müller;EUR;A-1;"Tisch; Eiche";1;1.115,98 €;4,90 €',
      'D-1;08.01.2024;Jörg Müller;EUR;A-2;Stuhl;2,5;49,5;',
      '',
    ].join('\r\n');
    const MAP = {
      Bestellnummer: 'number',
      Datum: 'ordered_at',
      Name: 'customer_name',
      Währung: 'currency',
      Artikel: 'sku',
      Bezeichnung: 'description',
      Menge: 'quantity',
      Preis: 'unit_price',
      Versand: 'shipping_total',
    };
    const QUERY = `?time_zone=Europe/Berlin&column_map=${encodeURIComponent(JSON.stringify(MAP))}`;
    const utf16be = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le').swap16();

    it.each([
      ['UTF-8', Buffer.from(GERMAN), 'utf-8', false],
      ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${GERMAN}`), 'utf-8', true],
      ['UTF-16 LE with a byte order mark', Buffer.from(`\ufeff${GERMAN}`, 'utf16le'), 'utf-16le', true],
      ['UTF-16 LE without one', Buffer.from(GERMAN, 'utf16le'), 'utf-16le', false],
      ['UTF-16 BE', utf16be(GERMAN), 'utf-16be', true],
    ])(
      'of a German Excel in %s is read, and what was recognised is named',
      async (_what, body, encoding, mark) => {
        expect(
          await imported(body, { 'content-type': 'application/vnd.ms-excel', query: QUERY }),
        ).toMatchObject({
          status: 'COMPLETED',
          result: {
            created: 1,
            ignored_columns: [],
            detected: {
              encoding,
              byte_order_mark: mark,
              delimiter: ';',
              decimal_mark: ',',
              date_form: 'DD.MM.YYYY',
            },
          },
        });
        const [order] = await api.database.query<Record<string, unknown>[]>(
          `SELECT number, ordered_at, customer_name, subtotal, shipping_total, total,
           ARRAY(SELECT concat_ws(' ', description, trim_scale(quantity), unit_price, total) FROM order_line
             WHERE order_id = orders.id ORDER BY position) AS lines FROM orders`,
        );
        expect(order).toEqual({
          number: 'D-1',
          ordered_at: new Date('2024-01-07T23:00:00Z'),
          customer_name: 'Jörg Müller',
          subtotal: '1239.73',
          shipping_total: '4.90',
          total: '1244.63',
          lines: ['Tisch; Eiche 1 1115.98 1115.98', 'Stuhl 2.5 49.50 123.75'],
        });
      },
    );

    it('of tabs is read by what separates its cells, whatever it is called', async () => {
      const file = fileOf('T-1').replaceAll(',', '\t');
      expect(await imported(file, { 'content-type': 'text/tab-separated-values' })).toMatchObject({
        result: { created: 1, detected: { delimiter: '\t' } },
      });
      expect(await imported(fileOf('T-2').replaceAll(',', ';'), CSV)).toMatchObject({
        result: { created: 1, detected: { delimiter: ';', decimal_mark: '.' } },
      });
    });

    it.each([
      [
        'Latin-1',
        Buffer.from(fileOf('L-1').replace('Eve', 'J\u00f6rg'), 'latin1'),
        /not encoded in UTF-8/,
        2,
      ],
      ['an Excel workbook', Buffer.from('PK\x03\x04 and so on'), /Excel workbook/, 1],
      ['a PDF', Buffer.from('%PDF-1.7 and so on'), /a PDF/, 1],
      [
        'a quote that is never closed in the first row',
        Buffer.from('"number,ordered_at\n'),
        /never closed/,
        1,
      ],
      ['no known column', Buffer.from('a,b,c\n1,2,3\n'), /none of the columns/, 1],
      ['a header alone', Buffer.from(HEADER), /no order lines/, 1],
      ['blank rows', Buffer.from('\n\n\n'), /is empty/, 1],
    ])('of %s ends as invalid_file', async (_what, body, message, row) => {
      expect(await imported(body, CSV)).toMatchObject({
        status: 'FAILED',
        error: { code: 'invalid_file', retryable: false },
        row_error_count: 1,
        row_errors: [{ row, field: null, message: expect.stringMatching(message) }],
      });
    });

    it('that we have written takes no apostrophe into the book', async () => {
      const file = `${HEADER}\n'=1+1,2026-01-01,'-Eve,EUR,'@S,"'+Thing",-2,2.50\n`;
      expect(await imported(file, CSV)).toMatchObject({ status: 'COMPLETED', result: { created: 1 } });
      const [order] = await api.database.query<unknown[]>(
        'SELECT number, customer_name, sku, description, l.total FROM orders JOIN order_line l ON l.order_id = id',
      );
      expect(order).toEqual({
        number: '=1+1',
        customer_name: '-Eve',
        sku: '@S',
        description: '+Thing',
        total: '-5.00',
      });
    });

    it('of a report with lines reads back as the same orders', async () => {
      const report = [
        '\ufeffordered_at,number,customer_name,customer_reference,status,currency,line_count,subtotal,discount_total,shipping_total,tax_total,adjustment_total,total,refunded_total,net_total,tax_included,sku,description,quantity,unit_price,line_total',
        "2026-01-02T03:04:05.000Z,'=R-1,Eve,C-1,shipped,EUR,2,10.25,1.00,4.90,2.00,-0.05,16.10,6.10,10.00,false,S-1,Thing,2,5.125,10.25",
        "2026-01-02T03:04:05.000Z,'=R-1,Eve,C-1,shipped,EUR,2,10.25,1.00,4.90,2.00,-0.05,16.10,6.10,10.00,false,S-2,Gift,1,0.00,0.00",
        '2026-01-03T00:00:00.000Z,R-2,"Smith, Ann",,cancelled,JPY,1,1500,0,0,136,0,1500,0,0,true,S-3,Cup,3,500,1500',
        '2026-01-04T00:00:00.000Z,R-3,Eve,C-1,paid,EUR,1,-5.00,0.00,0.00,-0.80,0.00,-5.80,0.00,-5.80,false,S-1,Thing,-1,5.00,-5.00',
        '',
      ].join('\r\n');
      expect(await imported(report, CSV)).toMatchObject({
        status: 'COMPLETED',
        result: { created: 3, lines: 4, ignored_columns: ['line_count', 'subtotal', 'net_total'] },
      });
      expect(await imported(report, { ...CSV, query: '?on_conflict=update' })).toMatchObject({
        result: { unchanged: 3 },
      });
      expect(
        await api.database.query(
          'SELECT number, customer_name, total, refunded_total, net_total, tax_included, line_count FROM orders ORDER BY ordered_at',
        ),
      ).toEqual([
        {
          number: '=R-1',
          customer_name: 'Eve',
          total: '16.10',
          refunded_total: '6.10',
          net_total: '10.00',
          tax_included: false,
          line_count: 2,
        },
        {
          number: 'R-2',
          customer_name: 'Smith, Ann',
          total: '1500',
          refunded_total: '0',
          net_total: '0',
          tax_included: true,
          line_count: 1,
        },
        {
          number: 'R-3',
          customer_name: 'Eve',
          total: '-5.80',
          refunded_total: '0.00',
          net_total: '-5.80',
          tax_included: false,
          line_count: 1,
        },
      ]);
    });

    it('whose total is not what we compute is an error', async () => {
      const file = `${HEADER},total\nS-1,2026-01-01,Eve,EUR,S,Thing,2,2.50,5.01\nS-2,2026-01-01,Eve,EUR,S,Thing,2,2.50,5.00\n`;
      expect(await imported(file, CSV)).toMatchObject({
        error: { code: 'invalid_csv' },
        row_errors: [
          { row: 2, field: 'total', value: '5.01', message: expect.stringContaining('adds up to 5.00') },
        ],
      });
      const adjusted = file
        .replace(',total', ',total,adjustment_total')
        .replace('5.01', '5.01,0.01')
        .replace('5.00\n', '5.00,\n');
      expect(await imported(adjusted, CSV)).toMatchObject({ result: { created: 2 } });
    });

    it('with amounts finer than its currency is refused, but for prices and totals of lines', async () => {
      const header =
        'number,ordered_at,customer_name,currency,sku,description,quantity,unit_price,line_total,shipping_total';
      const rows = [
        'X-1,2026-01-01,Eve,JPY,S,Thing,3,33.333333,,0',
        'X-2,2026-01-01,Eve,USD,S,Thing,5,,957.5775,',
      ];
      expect(await imported([header, ...rows].join('\n'), CSV)).toMatchObject({ result: { created: 2 } });
      expect(
        await api.database.query(
          'SELECT number, unit_price, l.total FROM orders JOIN order_line l ON l.order_id = id ORDER BY number',
        ),
      ).toEqual([
        { number: 'X-1', unit_price: '33.333333', total: '100' },
        { number: 'X-2', unit_price: '191.5155', total: '957.58' },
      ]);
      const finer = 'X-3,2026-01-01,Eve,USD,S,Thing,1,1.1234567,,4.999';
      expect(await imported([header, finer].join('\n'), CSV)).toMatchObject({
        row_errors: [{ row: 2, field: 'unit_price', value: '1.1234567' }],
      });
      expect(await imported([header, finer.replace('1.1234567', '1')].join('\n'), CSV)).toMatchObject({
        row_errors: [
          {
            row: 2,
            field: 'shipping_total',
            value: '4.999',
            message: 'order X-3 has more decimals in shipping_total than USD has (2)',
          },
        ],
      });
    });
  });

  describe('NDJSON', () => {
    const order = (number: string, more: object = {}): string =>
      JSON.stringify({
        number,
        ordered_at: '2026-01-01',
        currency: 'EUR',
        customer_name: 'Eve',
        lines: [{ sku: 'S-1', description: 'Thing', quantity: '2', unit_price: '2.50' }],
        ...more,
      });

    it('has in each line what creates an order', async () => {
      const file = `${order('J-1')}\n\n${order('J-2', { status: 'shipped' })}\r\n`;
      expect(await imported(file, NDJSON)).toMatchObject({
        status: 'COMPLETED',
        result: { created: 2, orders: 2, lines: 2, detected: { format: 'ndjson', delimiter: null } },
      });
      const query = '?on_conflict=update';
      expect(await imported(file, { ...NDJSON, query })).toMatchObject({ result: { unchanged: 2 } });
      // What a line leaves out stays as it is.
      expect(await imported(order('J-2'), { ...NDJSON, query })).toMatchObject({ result: { unchanged: 1 } });
    });

    it('lists errors by line, with what was read', async () => {
      const bad = order('J-4', {
        currency: 'EURO',
        lines: [{ sku: 'S', description: 'T', quantity: 'x', unit_price: '1' }],
      });
      const file = [
        order('J-3'),
        bad,
        '{"number":',
        '[]',
        order('J-3'),
        `{"number":"${'x'.repeat(MAX_LINE_CHARACTERS)}"}`,
      ];
      const { row_errors: errors, ...failed } = (await imported(file.join('\n'), NDJSON)) as unknown as {
        row_errors: object[];
      };
      expect(failed).toMatchObject({ status: 'FAILED', error: { code: 'invalid_csv' } });
      expect(errors).toMatchObject([
        { row: 2, field: 'currency', value: 'EURO' },
        { row: 2, field: 'lines.0.quantity', value: 'x' },
        { row: 3, field: null, message: 'the line is not JSON', value: '{"number":' },
        { row: 4, field: null },
        { row: 5, field: 'number', message: 'order J-3 stands in line 1 already' },
        { row: 6, field: null, message: expect.stringContaining('more than') },
      ]);
      expect(await numbers()).toEqual([]);
    });

    it.each([
      ['is no JSON from its first line on', 'number,ordered_at\n', /first line is not JSON/],
      ['is one endless line', 'x'.repeat(3 * MAX_LINE_CHARACTERS), /first line has more than/],
    ])('ends as invalid_file when it %s', async (_what, file, message) => {
      expect(await imported(file, NDJSON)).toMatchObject({
        error: { code: 'invalid_file' },
        row_errors: [{ row: 1, message: expect.stringMatching(message) }],
      });
    });
  });

  describe('the query', () => {
    it.each([
      ['preset=ebay', 'preset'],
      ['on_conflict=replace', 'on_conflict'],
      ['dry_run=maybe', 'dry_run'],
      ['currency=XXX', 'currency'],
      ['time_zone=Berlin', 'time_zone'],
      ['status=lost', 'status'],
      ['column_map={', 'column_map'],
      ['column_map=[]', 'column_map'],
      ['column_map={"a":"price"}', 'column_map'],
      ['column_map={"a":"sku","b":"sku"}', 'column_map'],
      ['column_map={"a\\u0000":"sku"}', 'column_map'],
      ['presets=shopify', 'presets'],
    ])('%s is refused by its name', async (query, field) => {
      const [name, value] = query.split(/=(.*)/s);
      const answer = await send(fileOf('Q-1'), { ...CSV, query: `?${name}=${encodeURIComponent(value!)}` });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
    });

    it('has no columns to map and no preset in NDJSON', async () => {
      const query = '?preset=shopify&column_map={}';
      expect(await send('{}', { ...NDJSON, query })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'preset' }, { field: 'column_map' }] },
      });
    });

    it('has no map that is null', async () => {
      expect(await send(fileOf('N-1'), { ...CSV, query: '?column_map=null' })).toMatchObject({ status: 400 });
    });

    it('belongs to what an idempotency key stands for', async () => {
      const once = { ...CSV, 'idempotency-key': 'import-1' };
      const first = await send(fileOf('I-1'), { ...once, query: '?dry_run=true' });
      expect(await send(fileOf('I-1'), { ...once, query: '?dry_run=true' })).toMatchObject({
        body: {
          id: first.body.id,
          // What is as in every plain import is not said.
          request: {
            body: { bytes: expect.any(Number), sha256: expect.any(String), dry_run: true, currency: 'USD' },
          },
        },
      });
      for (const query of ['', '?dry_run=true&on_conflict=skip', '?dry_run=true&time_zone=Europe/Berlin']) {
        expect(await send(fileOf('I-1'), { ...once, query })).toMatchObject({
          status: 422,
          body: { code: 'idempotency_key_reused' },
        });
      }
      expect(await api.imported(first.body.id)).toMatchObject({ result: { created: 1, dry_run: true } });
      expect(await numbers()).toEqual([]);
    });

    it('names columns that the file does not have, and takes columns away', async () => {
      const map = (value: object): string => `?column_map=${encodeURIComponent(JSON.stringify(value))}`;
      expect(await imported(fileOf('M-1'), { ...CSV, query: map({ Nummer: 'number' }) })).toMatchObject({
        row_errors: [
          { row: 1, message: 'column_map names a column that the file does not have', value: 'Nummer' },
        ],
      });
      const file = fileOf('M-2').replace(HEADER, `${HEADER},total`).replace('2.50\n', '2.50,999\n');
      expect(await imported(file, { ...CSV, query: map({ total: null }) })).toMatchObject({
        result: { created: 1, ignored_columns: ['total'] },
      });
    });

    it('gives a status to a file without one', async () => {
      await imported(fileOf('P-1'), { ...CSV, query: '?status=delivered' });
      expect(await api.database.query('SELECT status FROM orders')).toEqual([{ status: 'delivered' }]);
    });
  });
});
