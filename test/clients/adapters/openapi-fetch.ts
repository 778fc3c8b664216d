import createClient from 'openapi-fetch';
import type { paths } from './generated/api';
import { walk } from './walk';

const { ORDER_REPORTS_URL = '', ORDER_REPORTS_KEY = '' } = process.env;

const client = createClient<paths>({
  baseUrl: ORDER_REPORTS_URL,
  headers: { Authorization: `Bearer ${ORDER_REPORTS_KEY}` },
});

/** What was answered, or the problem as an error. */
function answered<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const path = (id: string) => ({ params: { path: { id } } });

void walk({
  async submitReport() {
    return answered(
      await client.POST('/v1/orders/reports', {
        params: { header: { 'Idempotency-Key': '"orders-of-2016"' } },
        body: { start_date: '2016-01-01', end_date: '2017-01-01', title: 'Orders of 2016' },
      }),
    );
  },
  async submitArrangedReport() {
    return answered(
      await client.POST('/v1/orders/reports', {
        body: {
          start_date: '2016-01-01',
          end_date: '2016-04-01',
          formats: ['pdf', 'xlsx', 'csv'],
          filter: { min_total: '100.00' },
          group_by: 'customer',
          sort: ['-total'],
          columns: [
            'ordered_at',
            'number',
            'customer_reference',
            'status',
            'line_count',
            'total',
            'net_total',
          ],
          locale: 'de-DE',
          labels: { customer_reference: 'Kundennr.' },
        },
      }),
    );
  },
  async job(id) {
    return answered(await client.GET('/v1/jobs/{id}', path(id)));
  },
  async reportStatus(id) {
    return answered(
      await client.GET('/v1/orders/reports/status/{id}', {
        ...path(id),
        headers: { Accept: 'application/json' },
      }),
    );
  },
  async sha256Of(id) {
    const { result } = answered(await client.GET('/v1/jobs/{id}', path(id)));
    return (result as { artifact: { sha256: string } }).artifact.sha256;
  },
  async download(id) {
    const file = await client.GET('/v1/orders/reports/{id}', { ...path(id), parseAs: 'arrayBuffer' });
    return new Uint8Array(answered(file));
  },
  async cancel(id) {
    return answered(await client.DELETE('/v1/orders/reports/status/{id}', path(id)));
  },
  async importOrders(csv) {
    return answered(
      await client.POST('/v1/orders/imports', {
        headers: { 'Content-Type': 'text/csv' },
        body: csv,
        bodySerializer: (body) => body,
      }),
    );
  },
  async createdBy(id) {
    const { result } = answered(await client.GET('/v1/orders/imports/{id}', path(id)));
    return (result as { created?: number } | null)?.created;
  },
  async createOrder() {
    const order = answered(
      await client.POST('/v1/orders', {
        body: {
          number: 'A-1001',
          ordered_at: '2018-01-02T10:30:00Z',
          currency: 'EUR',
          customer_name: 'Zoë Müller',
          shipping_total: '4.90',
          tax_total: '11.37',
          tax_included: true,
          lines: [{ sku: 'LAMP-1', description: 'Desk lamp', quantity: '3', unit_price: '19.95' }],
        },
      }),
    );
    // With `Prefer: respond-async` it would be a task.
    if (!('total' in order)) throw new Error(JSON.stringify(order));
    return order;
  },
  async replaceOrder() {
    return answered(
      await client.PUT('/v1/orders/by-number/{number}', {
        params: { path: { number: 'A-1001' } },
        body: {
          ordered_at: '2018-01-02T10:30:00Z',
          status: 'paid',
          currency: 'EUR',
          customer_name: 'Zoë Müller',
          lines: [{ sku: 'LAMP-1', description: 'Desk lamp', quantity: '3', unit_price: '19.95' }],
        },
      }),
    );
  },
  async refundOrder(id) {
    return answered(await client.PATCH('/v1/orders/{id}', { ...path(id), body: { status: 'refunded' } }));
  },
});
