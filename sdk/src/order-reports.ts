import { Api } from './api.ts';
import { Events } from './events.ts';
import { type ClientOptions, HttpClient } from './http-client.ts';
import { Imports } from './imports.ts';
import { Jobs } from './jobs.ts';
import { Orders } from './orders.ts';
import { Reports } from './reports.ts';
import { Webhooks } from './webhooks.ts';

/**
 * A client of the service.
 *
 * ```ts
 * const client = new OrderReports({ baseUrl: 'http://localhost:3000', apiKey });
 * const report = await client.reports.create({ start_date: '2016-01-01', end_date: '2017-01-01' });
 * const file = await report.file();
 * await writeFile(file.name, await file.bytes());
 * ```
 */
export class OrderReports extends Api {
  readonly reports = new Reports(this);
  readonly jobs = new Jobs(this);
  readonly imports = new Imports(this);
  readonly orders = new Orders(this);
  readonly events = new Events(this);
  readonly webhooks = new Webhooks(this);

  constructor(options: ClientOptions) {
    super(new HttpClient(options));
  }
}
