import axios from 'axios';
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

const { ORDER_REPORTS_URL = '', ORDER_REPORTS_KEY = '' } = process.env;
axios.defaults.baseURL = ORDER_REPORTS_URL;
// In Node its own HTTP makes a text of a Blob.
axios.defaults.adapter = 'fetch';
axios.defaults.headers.common.Authorization = `Bearer ${ORDER_REPORTS_KEY}`;

void walk({
  async submitReport() {
    const headers = { 'Idempotency-Key': '"orders-of-2016"' };
    return (await createOrderReport(report, { headers })).data;
  },
  async submitArrangedReport() {
    return (await createOrderReport(arrangedReport)).data;
  },
  async job(id) {
    return (await getJob(id)).data;
  },
  async reportStatus(id) {
    return (await pollOrderReport(id, undefined, { headers: { Accept: 'application/json' } })).data;
  },
  async sha256Of(id) {
    const { data: job } = await getJob(id);
    return job.type === 'orders.report' ? job.result?.artifact.sha256 : undefined;
  },
  async download(id) {
    return (await downloadOrderReport(id)).data.arrayBuffer();
  },
  async cancel(id) {
    return (await cancelOrderReport(id)).data;
  },
  async importOrders(csv) {
    const headers = { 'Content-Type': 'text/csv' };
    return (await createOrderImport(new Blob([csv]), undefined, { headers })).data;
  },
  async createdBy(id) {
    return (await getOrderImport(id)).data.result?.created;
  },
  async createOrder() {
    const { data: created } = await createOrder(order);
    // With `Prefer: respond-async` it would be a task.
    if (!('total' in created)) throw new Error(JSON.stringify(created));
    return created;
  },
  async replaceOrder() {
    return (await putOrderByNumber('A-1001', replacement)).data;
  },
  async refundOrder(id) {
    return (await updateOrder(id, refund)).data;
  },
});
