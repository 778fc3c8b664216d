import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['post']>;
type Body = Extract<NonNullable<Operation['requestBody']>, { content: object }>;

/** Bodies by what they are for. Sent as it is, each does what it says. */
type Examples = Record<string, object>;

const YEAR = { start_date: '2016-01-01', end_date: '2017-01-01' };
const ORDER = {
  ordered_at: '2018-01-02T10:30:00Z',
  currency: 'EUR',
  customer_name: 'Zoë Müller',
  lines: [{ sku: 'LAMP-1', description: 'Desk lamp', quantity: '3', unit_price: '19.95' }],
};
const HOOK = 'https://example.com/hooks/reports';

/** By operation id; the first of each is what Swagger UI begins with, and calls nobody. */
const EXAMPLES: Record<string, Examples> = {
  createOrderReport: {
    'A PDF of a year': { ...YEAR, title: 'Orders of 2016' },
    'With the lines of each order': { ...YEAR, include_items: true },
    'A CSV for a spreadsheet in Germany': {
      ...YEAR,
      formats: ['csv'],
      locale: 'de-DE',
      time_zone: 'Europe/Berlin',
      csv: { delimiter: ';', decimal_separator: ',', times: 'local', headings: 'labels' },
    },
    'Several formats of some orders, in groups': {
      start_date: '2016-01-01',
      end_date: '2016-04-01',
      formats: ['pdf', 'xlsx', 'ndjson'],
      filter: { status: ['shipped', 'delivered'], currency: 'USD', min_total: '100.00' },
      group_by: 'customer',
      sort: ['-total'],
      columns: ['ordered_at', 'number', 'customer_reference', 'status', 'total', 'net_total'],
    },
    'In Japanese, tagged for screen readers': {
      start_date: '2016-01-01',
      end_date: '2016-02-01',
      accessible: true,
      locale: 'ja-JP',
      time_zone: 'Asia/Tokyo',
      labels: { title: '注文一覧' },
    },
    'With a callback': { ...YEAR, callback_url: HOOK },
  },
  createJob: {
    'A report': { type: 'orders.report', parameters: { ...YEAR, title: 'Orders of 2016' } },
    'A new order': { type: 'orders.create', parameters: { number: 'A-1003', ...ORDER } },
    'An order, read': { type: 'orders.read', parameters: { id: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11' } },
    'A summary': { type: 'orders.summary', parameters: { ...YEAR, time_zone: 'Europe/Berlin' } },
  },
  createJobToken: {
    'To watch and download, for 15 minutes': {},
    'To cancel too, for an hour': {
      permissions: ['read', 'stream', 'download', 'cancel'],
      expires_in: 3_600,
    },
  },
  createClient: { 'A client': { name: 'Acme Web Shop' } },
  createClientKey: {
    'A key for reports': { name: 'nightly export', scopes: ['reports'] },
    'A key for all of its work, that ends': {
      name: 'shop server',
      scopes: ['reports', 'orders', 'webhooks'],
      expires_at: '2099-01-01T00:00:00Z',
    },
  },
  rotateClientKey: {
    'The old one stays good for a day': {},
    'The old one ends at once': { overlap_seconds: 0 },
  },
  createKey: { 'A key for reports': { name: 'nightly export', scopes: ['reports'] } },
  createOrder: {
    'An order': { number: 'A-1001', ...ORDER },
    'With discount, shipping and tax': {
      number: 'A-1002',
      ...ORDER,
      status: 'paid',
      customer_reference: 'ZM-17',
      discount_total: '5.00',
      shipping_total: '4.90',
      tax_total: '11.37',
      tax_included: true,
    },
    'With a return': {
      number: 'A-1003',
      ...ORDER,
      lines: [
        ...ORDER.lines,
        { sku: 'LAMP-0', description: 'Desk lamp, returned', quantity: '-1', unit_price: '17.50' },
      ],
    },
  },
  putOrderByNumber: {
    'An order': ORDER,
    'The same, shipped': { ...ORDER, status: 'shipped' },
  },
  updateOrder: {
    'It is shipped': { status: 'shipped' },
    'All of it is refunded': { status: 'refunded' },
    'Other lines': {
      lines: [{ sku: 'LAMP-2', description: 'Floor lamp', quantity: '1', unit_price: '79.00' }],
    },
  },
  claimTask: {
    'Any task': {},
    'A task of a type': { types: ['warehouse.pick'], worker: 'picker-7' },
  },
  updateTask: {
    'It goes on': { attempt: 1, status: 'IN_PROGRESS', progress: 40 },
    'It is done': { attempt: 1, status: 'COMPLETED', result: { parcels: 2 } },
    'It has failed': {
      attempt: 1,
      status: 'FAILED',
      error: { code: 'out_of_stock', message: 'There is no desk lamp left.', retryable: false },
    },
  },
  createWebhookEndpoint: {
    'For what becomes of reports': { url: HOOK, event_types: ['orders.report.*'] },
    'For everything, with both signatures': {
      url: HOOK,
      description: 'The shop',
      signatures: ['v1', 'v1a'],
      max_concurrency: 4,
      max_per_second: 50,
    },
  },
  updateWebhookEndpoint: {
    'It is switched off': { enabled: false },
    'It is switched on again': { enabled: true },
    'Other events': { event_types: ['orders.report.completed', 'orders.import.*'] },
  },
  rotateWebhookEndpointSecret: {
    'The old one signs for a day': {},
    'The old one ends at once': { overlap_seconds: 0 },
  },
  putWebhookSettings: {
    'Any callback_url': { unregistered_callbacks: 'allowed' },
    'Only on the origin of an endpoint': { unregistered_callbacks: 'verified_origins' },
  },
  rotateSigningSecret: {
    'The old one signs for a day': {},
    'The old one ends at once': { overlap_seconds: 0 },
  },
  recoverWebhookEndpoint: {
    'What was given up since then': { since: '2018-11-20T00:00:00Z' },
    'What it missed of a day, also from before it was there': {
      since: '2018-11-20T00:00:00Z',
      until: '2018-11-21T00:00:00Z',
      only: 'missing',
    },
  },
  redeliverWebhookDeliveries: {
    'Whatever was given up since then': { filter: {}, since: '2018-11-20T00:00:00Z' },
    'Reports of a day that were delivered': {
      filter: { status: ['DELIVERED'], event_types: ['orders.report.*'] },
      since: '2018-11-20T00:00:00Z',
      until: '2018-11-21T00:00:00Z',
    },
  },
  createErasure: { 'A person': { customer_reference: 'DK-13375' } },
  putBrand: {
    'A letterhead': {
      name: 'Acme Web Shop GmbH',
      address: ['Hauptstraße 1', '10115 Berlin'],
      accent_color: '#0b7285',
      footer: 'Acme Web Shop GmbH · Register court Berlin HRB 1234 · VAT DE123456789',
    },
    'None any more': {},
  },
};

const JSON_TYPE = /^application\/(.+\+)?json$/;

/** Shows them in the place of what would be made up of the examples of single fields. */
export function showExamples(document: OpenAPIObject): void {
  for (const item of Object.values(document.paths)) {
    for (const { operationId = '', requestBody } of Object.values(item) as Operation[]) {
      const examples = Object.entries(EXAMPLES[operationId] ?? {});
      for (const [type, media] of Object.entries((requestBody as Body | undefined)?.content ?? {})) {
        if (!JSON_TYPE.test(type) || examples.length === 0) continue;
        media.examples = Object.fromEntries(
          examples.map(([summary, value]) => [nameOf(summary), { summary, value }]),
        );
      }
    }
  }
}

/** A name as the keys of components have it. */
const nameOf = (summary: string): string => summary.toLowerCase().replace(/[^a-z0-9]+/g, '_');
