import { JobEndedError, OrderReports } from 'order-reports';

const ORDERS = `number,ordered_at,currency,customer_name,sku,description,quantity,unit_price
A-1002,2016-01-08,EUR,Ana Pérez,BK-1,Bookcase,2,130.98
`;
const YEAR = { start_date: '2016-01-01', end_date: '2017-01-01' };

/**
 * Goes with the SDK through import, submit, follow, download, callback and cancel, in whatever runs it.
 *
 * @param urls the service by each way to it, the best first
 * @param receive given the secret, resolves to the URL of a receiver, and to what waits for the next event that it verified
 * @throws Error that says what is not as it should be
 */
export async function walk({ urls, key, receive }) {
  const [baseUrl] = urls;
  const client = new OrderReports({ baseUrl, apiKey: key });
  const imported = await client.imports.create(ORDERS);
  await imported.done();
  check('the orders created', (await imported.result()).result.created, 1);

  const { secret } = await client.call('post', '/v1/webhooks/signing-secret/rotate');
  const receiver = await receive(secret);
  const report = await client.reports.create({ ...YEAR, callback_url: receiver.url });
  const file = await report.file();
  check('the file', new TextDecoder().decode((await file.bytes()).subarray(0, 5)), '%PDF-');
  const { data, status } = await receiver.event();
  check('the callback', `${data.id} ${status}`, `${report.id} COMPLETED`);

  for (const url of urls) {
    const followed = await new OrderReports({ baseUrl: url, apiKey: key }).jobs.create(TASK);
    check('the task', (await followed.done()).result.done, true);
  }

  const cancelled = await client.jobs.create(TASK);
  await cancelled.cancel();
  const error = await cancelled.done().catch((thrown) => thrown);
  check('the cancelled task', error instanceof JobEndedError && error.code, 'cancelled');
}

const TASK = { type: 'walk.followed', parameters: {} };

function check(what, seen, wanted) {
  if (seen !== wanted) throw new Error(`${what}: ${seen} instead of ${wanted}`);
}
