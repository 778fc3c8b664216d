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
} from './generated/api';
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

const { ORDER_REPORTS_KEY = '' } = process.env;
const withKey = (headers = {}): RequestInit => ({
  headers: { Authorization: `Bearer ${ORDER_REPORTS_KEY}`, ...headers },
});

/** What was answered with one of these statuses, or the problem as an error. */
function answered<A extends { status: number; data: unknown }, S extends A['status']>(
  answer: A,
  ...statuses: S[]
): Extract<A, { status: S }>['data'] {
  if (!(statuses as number[]).includes(answer.status)) throw new Error(JSON.stringify(answer.data));
  return answer.data;
}

void walk({
  async submitReport() {
    const init = withKey({ 'Idempotency-Key': '"orders-of-2016"' });
    return answered(await createOrderReport(report, init), 202);
  },
  async submitArrangedReport() {
    return answered(await createOrderReport(arrangedReport, withKey()), 202);
  },
  async job(id) {
    return answered(await getJob(id, undefined, withKey()), 200);
  },
  async reportStatus(id) {
    return answered(await pollOrderReport(id, undefined, withKey({ Accept: 'application/json' })), 200);
  },
  async sha256Of(id) {
    const job = answered(await getJob(id, undefined, withKey()), 200);
    return job.type === 'orders.report' ? job.result?.artifact.sha256 : undefined;
  },
  async download(id) {
    const file = await downloadOrderReport(id, undefined, withKey());
    if (!('stream' in file)) throw new Error(JSON.stringify(file));
    return file.stream.arrayBuffer();
  },
  async cancel(id) {
    return answered(await cancelOrderReport(id, undefined, withKey()), 200, 202);
  },
  async importOrders(csv) {
    const file = new Blob([csv], { type: 'text/csv' });
    return answered(await createOrderImport(file, undefined, withKey()), 202);
  },
  async createdBy(id) {
    return answered(await getOrderImport(id, undefined, withKey()), 200).result?.created;
  },
  async createOrder() {
    return answered(await createOrder(order, undefined, withKey()), 201);
  },
  async replaceOrder() {
    return answered(await putOrderByNumber('A-1001', replacement, withKey()), 200);
  },
  async refundOrder(id) {
    return answered(await updateOrder(id, refund, withKey()), 200);
  },
});
