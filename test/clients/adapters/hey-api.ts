import {
  cancelOrderReport,
  createOrder,
  createOrderImport,
  createOrderReport,
  downloadOrderReport,
  getJob,
  getOrderImport,
  pollOrderReport,
  putOrderByNumber,
  updateOrder,
  type NewOrderBody,
  type OrderPatchBody,
  type OrderReplacementBody,
  type ReportRequest,
} from './generated';
import { client } from './generated/client.gen';
import { README } from './readme';
import { walk } from './walk';

export interface Bodies {
  'POST /v1/orders/reports': ReportRequest[];
  'POST /v1/orders': NewOrderBody[];
  'PUT /v1/orders/by-number/{number}': OrderReplacementBody[];
  'PATCH /v1/orders/{id}': OrderPatchBody[];
}

const [report, arrangedReport] = README['POST /v1/orders/reports'];
const [order] = README['POST /v1/orders'];
const [replacement] = README['PUT /v1/orders/by-number/{number}'];
const [refund] = README['PATCH /v1/orders/{id}'];

const { ORDER_REPORTS_URL = '', ORDER_REPORTS_KEY = '' } = process.env;
client.setConfig({ baseUrl: ORDER_REPORTS_URL, auth: ORDER_REPORTS_KEY });

/** What was answered, or the problem as an error. */
function answered<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

void walk({
  async submitReport() {
    const headers = { 'Idempotency-Key': '"orders-of-2016"' };
    return answered(await createOrderReport({ headers, body: report }));
  },
  async submitArrangedReport() {
    return answered(await createOrderReport({ body: arrangedReport }));
  },
  async job(id) {
    return answered(await getJob({ path: { id } }));
  },
  async reportStatus(id) {
    const headers = { Accept: 'application/json' };
    return answered(await pollOrderReport({ path: { id }, headers }));
  },
  async sha256Of(id) {
    const job = answered(await getJob({ path: { id } }));
    return job.type === 'orders.report' ? job.result?.artifact.sha256 : undefined;
  },
  async download(id) {
    return answered(await downloadOrderReport({ path: { id } })).arrayBuffer();
  },
  async cancel(id) {
    return answered(await cancelOrderReport({ path: { id } }));
  },
  async importOrders(csv) {
    return answered(await createOrderImport({ body: new Blob([csv]) }));
  },
  async createdBy(id) {
    return answered(await getOrderImport({ path: { id } })).result?.created;
  },
  async createOrder() {
    const created = answered(await createOrder({ body: order }));
    // With `Prefer: respond-async` it would be a task.
    if (!('total' in created)) throw new Error(JSON.stringify(created));
    return created;
  },
  async replaceOrder() {
    return answered(await putOrderByNumber({ path: { number: 'A-1001' }, body: replacement }));
  },
  async refundOrder(id) {
    return answered(await updateOrder({ path: { id }, body: refund }));
  },
});
