import createClient from 'openapi-fetch';
import type { components, paths } from './generated/api';
import { README } from './readme';
import { walk } from './walk';

type Schemas = components['schemas'];

export interface Bodies {
  'POST /v1/orders/reports': Schemas['ReportRequest'][];
  'POST /v1/orders': Schemas['NewOrderBody'][];
  'PUT /v1/orders/by-number/{number}': Schemas['OrderReplacementBody'][];
  'PATCH /v1/orders/{id}': Schemas['OrderPatchBody'][];
}

const [report, arrangedReport] = README['POST /v1/orders/reports'];
const [order] = README['POST /v1/orders'];
const [replacement] = README['PUT /v1/orders/by-number/{number}'];
const [refund] = README['PATCH /v1/orders/{id}'];

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
    const header = { 'Idempotency-Key': '"orders-of-2016"' };
    return answered(await client.POST('/v1/orders/reports', { params: { header }, body: report }));
  },
  async submitArrangedReport() {
    return answered(await client.POST('/v1/orders/reports', { body: arrangedReport }));
  },
  async job(id) {
    return answered(await client.GET('/v1/jobs/{id}', path(id)));
  },
  async reportStatus(id) {
    const headers = { Accept: 'application/json' };
    return answered(await client.GET('/v1/orders/reports/status/{id}', { ...path(id), headers }));
  },
  async sha256Of(id) {
    const job = answered(await client.GET('/v1/jobs/{id}', path(id)));
    return job.type === 'orders.report' ? job.result?.artifact.sha256 : undefined;
  },
  async download(id) {
    const file = await client.GET('/v1/orders/reports/{id}', { ...path(id), parseAs: 'arrayBuffer' });
    return answered(file);
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
    return answered(await client.GET('/v1/orders/imports/{id}', path(id))).result?.created;
  },
  async createOrder() {
    const created = answered(await client.POST('/v1/orders', { body: order }));
    // With `Prefer: respond-async` it would be a task.
    if (!('total' in created)) throw new Error(JSON.stringify(created));
    return created;
  },
  async replaceOrder() {
    const params = { path: { number: 'A-1001' } };
    return answered(await client.PUT('/v1/orders/by-number/{number}', { params, body: replacement }));
  },
  async refundOrder(id) {
    return answered(await client.PATCH('/v1/orders/{id}', { ...path(id), body: refund }));
  },
});
