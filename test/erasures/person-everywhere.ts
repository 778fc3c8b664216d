import { waitFor } from '../support/services';
import type { Answer, TestApp } from '../support/test-app';
import type { TestReceiver } from '../webhooks/test-receiver';
import { Shop } from './shop';

export const REFERENCE = 'EG-90817';
export const NAME = 'Edda Grünwald';
const EMAIL = 'edda.gruenwald@post.test';
/** Of the same person, as another order has it. */
const NAME_WITH_EMAIL = `${NAME} <${EMAIL}>`;
export const TRACES = [REFERENCE, NAME, EMAIL];

const EXTERNAL = 'warehouse.pick';

/** What an application needs for `leaveEverywhere`. */
export const VARIABLES = {
  CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
  CALLBACK_RETRY_SCHEDULE: '1h',
  EXTERNAL_TASK_TYPES: EXTERNAL,
  LOG_LEVEL: 'debug',
};

export const MARCH = { start_date: '2026-03-01', end_date: '2026-04-01' };
export const APRIL = { start_date: '2026-04-01', end_date: '2026-05-01' };

/** An order of the person. */
export const orderOf = (number: string, more: object = {}): object => ({
  number,
  ordered_at: '2026-03-10T12:00:00Z',
  status: 'paid',
  currency: 'EUR',
  customer_name: NAME,
  customer_reference: REFERENCE,
  lines: [{ sku: 'S-1', description: 'Thing', quantity: '3', unit_price: '9.99' }],
  ...more,
});

/** Work that is done outside. */
export const outside = async (
  shop: Shop,
  parameters: object,
  callbackUrl?: string,
  labels: object = {},
): Promise<string> =>
  (
    await shop.call('POST', '/v1/jobs', {
      body: {
        type: EXTERNAL,
        parameters,
        ...(callbackUrl !== undefined && { callback_url: callbackUrl }),
        ...labels,
      },
    })
  ).body.id;

/** Where the person was left: ids of orders and jobs. */
export interface Left {
  /** An order. */
  plain: string;
  /** Jobs about the person, and their files. */
  created: string;
  read: string;
  picked: string;
  wrong: string;
  /** Of no other trace than what they are labelled with. */
  named: string;
  valued: string;
  tagged: string;
  march: string;
  titled: string;
  /** A file of a month without the person. */
  april: string;
  /** What is another client's, or another customer's of that name. */
  other: Shop;
  namesake: string;
  /** The event feed, with the events of all of these. */
  feed: Feed;
}

export interface Feed {
  data: { id: string; job_id: string; body: string | null }[];
}

/** Leaves the person in a shop by each way in, and waits until nothing more comes of it. */
export async function leaveEverywhere(app: TestApp, receiver: TestReceiver, shop: Shop): Promise<Left> {
  const echoing = receiver.url('/echoes');
  receiver.on('/refuses', (received, response) => {
    response.writeHead(500).end(`cannot save ${received.body.toString()}`);
  });
  receiver.on('/echoes', (_received, response) => {
    response.writeHead(200).end(`saved an order of ${NAME}`);
  });
  for (const url of [receiver.url('/refuses'), echoing])
    await shop.call('POST', '/v1/webhooks/endpoints', { body: { url, event_types: ['*'] } });
  const other = await Shop.open(app, 'another shop');

  const plain = await shop.create(orderOf('A-1'));
  await shop.create(orderOf('A-2', { customer_name: NAME_WITH_EMAIL, ordered_at: '2026-03-31T23:00:00Z' }));
  const created = await shop.task('POST', '/v1/orders', orderOf('A-3'));
  const read = await shop.task('GET', `/v1/orders/${plain}`);
  const namesake = await shop.task('POST', '/v1/orders', orderOf('B-1', { customer_reference: 'OT-5' }));
  await shop.create(orderOf('B-2', { customer_name: 'Otto Maier', customer_reference: 'OM-1' }));
  await other.create(orderOf('A-1'));
  const imported = await shop.importFile(`I-1,2026-03-12,${NAME},${REFERENCE},EUR,S,Thing,1,2.50`);
  expect(imported.body.status).toBe('COMPLETED');
  // One that failed, and says what was read.
  const wrong = await shop.importFile(
    `X-1,2026-03-12,${NAME},${REFERENCE},EUR,S,Thing,none,2.50`,
    'X-2,2026-03-12,Otto Maier,OM-1,EUR,S,Thing,none,2.50',
  );
  await app.dataSource.query(
    `UPDATE order_import_failure SET errors = jsonb_set(errors, '{0,message}', to_jsonb('read: ' || $2::text)) WHERE job_id = $1`,
    [wrong.body.id, NAME],
  );
  // Requests that fail with the person inside.
  const refused = await shop.call('POST', '/v1/jobs', {
    body: { type: 'orders.create', parameters: orderOf('A-1') },
    headers: { 'Idempotency-Key': `"order-of-${REFERENCE}"` },
  });
  await shop.ended(refused.body.id);
  const picked = await outside(
    shop,
    { ship_to: NAME },
    receiver.url(`/hook/${REFERENCE}?customer=${encodeURIComponent(NAME)}`),
  );
  const claim = await shop.call('POST', '/v1/tasks/claim', { body: {} });
  await shop.call('PUT', `/v1/tasks/${picked}`, {
    body: { attempt: claim.body.attempt, status: 'COMPLETED', result: { signed_by: EMAIL } },
  });
  // As fields of ours are called, in lower case, and beside what another customer is named by.
  const named = await shop.report({ ...APRIL, metadata: { [NAME.toLowerCase()]: 'asked' } });
  const valued = await shop.report({ ...APRIL, metadata: { status: REFERENCE, type: 'monthly' } });
  const tagged = await shop.task('POST', `/v1/orders?tag=${encodeURIComponent(`for ${NAME}`)}`, {
    ...orderOf('B-3'),
    customer_name: 'Otto Maier',
    customer_reference: 'OM-1',
  });
  const march = await shop.report(MARCH);
  const april = await shop.report(APRIL);
  const titled = await shop.report({ ...APRIL, title: `For ${NAME}` });

  const ids = {
    created,
    read,
    namesake,
    picked,
    named,
    valued,
    tagged,
    march,
    april,
    titled,
    wrong: wrong.body.id,
  };
  const jobs = [...Object.values(ids), imported.body.id, refused.body.id];
  return { plain, ...ids, other, feed: await settled(app, shop, jobs, echoing) };
}

/**
 * The event feed, once all of these jobs are in it, and nobody will answer any more with the person inside. Both come after a job
 * has ended, and how soon is not for us to say: an event is in the feed when every older transaction of the cluster has
 * ended, those of other suites as well.
 */
function settled(app: TestApp, shop: Shop, jobs: string[], echoing: string): Promise<Feed> {
  return waitFor(
    async () => {
      const { body }: Answer = await shop.call('GET', '/v1/events?page_size=100');
      const open = await app.dataSource.query<unknown[]>(
        `SELECT FROM delivery WHERE client_id = $1 AND (state = 'DELIVERING' OR (state = 'PENDING' AND url = $2))`,
        [shop.id, echoing],
      );
      const shown = (body as Feed).data.map((event) => event.job_id);
      return open.length === 0 && jobs.every((id) => shown.includes(id)) && (body as Feed);
    },
    { what: 'the events of all jobs, and their callbacks', timeoutMs: 120_000 },
  );
}
