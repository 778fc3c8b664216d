import { axiosInstance, setConfig } from '@kubb/plugin-client/clients/axios';
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
setConfig({ baseURL: ORDER_REPORTS_URL, headers: { Authorization: `Bearer ${ORDER_REPORTS_KEY}` } });
// In Node its own HTTP makes a text of a Blob.
axiosInstance.defaults.adapter = 'fetch';

void walk({
  submitReport: () => createOrderReport(report, { 'Idempotency-Key': '"orders-of-2016"' }),
  submitArrangedReport: () => createOrderReport(arrangedReport),
  job: (id) => getJob(id),
  reportStatus: (id) =>
    pollOrderReport(id, undefined, undefined, { headers: { Accept: 'application/json' } }),
  async sha256Of(id) {
    const job = await getJob(id);
    return job.type === 'orders.report' ? job.result?.artifact.sha256 : undefined;
  },
  async download(id) {
    const file = await downloadOrderReport(id, undefined, undefined, { responseType: 'blob' });
    return file.arrayBuffer();
  },
  cancel: (id) => cancelOrderReport(id),
  importOrders: (csv) => createOrderImport(new Blob([csv])),
  async createdBy(id) {
    return (await getOrderImport(id)).result?.created;
  },
  async createOrder() {
    const created = await createOrder(order);
    // With `Prefer: respond-async` it would be a task.
    if (!('total' in created)) throw new Error(JSON.stringify(created));
    return created;
  },
  replaceOrder: () => putOrderByNumber('A-1001', replacement),
  refundOrder: (id) => updateOrder(id, refund),
});
