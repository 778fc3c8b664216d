import { deflateRawSync, gzipSync } from 'node:zlib';
import { migrate } from '../../src/database/migrate';
import { DistributionPostgres } from '../support/distribution-postgres';
import { TestApp } from '../support/test-app';
import { TestReceiver } from '../webhooks/test-receiver';
import { DumpedDatabase, type DumpLine } from './dumped-database';
import { finderOf, unpacked } from './forms';
import { leaveEverywhere, NAME, REFERENCE, TRACES, VARIABLES } from './person-everywhere';
import { Shop } from './shop';

/** Where a dump has rows of the person before, each in its own form: as text, as JSON, as bytes, in an address. */
const TABLES = [
  'delivery',
  'delivery_attempt',
  'idempotency_key',
  'job',
  'job_event',
  'job_tag',
  'order_import_failure',
  'orders',
  'webhook_destination',
  'webhook_message',
];

const isOfPerson = finderOf(TRACES);

/** Lines with the person in any form, also in bytes that are packed. */
const ofPerson = (lines: DumpLine[]): DumpLine[] =>
  lines.filter(({ text }) => {
    const packed = [...text.matchAll(/\\x([0-9a-f]+)/g)].map(([, hex = '']) =>
      unpacked(Buffer.from(hex, 'hex')),
    );
    return [text, ...packed].some((each) => each !== null && isOfPerson(each));
  });

const tablesOf = (lines: DumpLine[]): (string | null)[] =>
  [...new Set(lines.map(({ table }) => table))].sort();

let database: DumpedDatabase | undefined;
let app: TestApp | undefined;
let receiver: TestReceiver | undefined;

beforeAll(async () => {
  const distribution = await DistributionPostgres.find(() => undefined).catch((error: unknown) => {
    console.warn(`SKIPPED: the distribution's Postgres cannot be had here. ${String(error)}`);
    return undefined;
  });
  if (distribution === undefined) return;
  database = await DumpedDatabase.start(distribution);
  receiver = await TestReceiver.start();
  await migrate(database.url);
  app = await TestApp.start({ ...VARIABLES, DATABASE_URL: database.url });
});

afterAll(async () => {
  await app?.stop();
  await receiver?.stop();
  await database?.stop();
});

it('leaves nothing of a person in a dump of the whole database', async () => {
  if (database === undefined || app === undefined || receiver === undefined) return;
  const shop = await Shop.open(app, 'a shop');
  const { other, namesake } = await leaveEverywhere(app, receiver, shop);
  // What is another client's, or another customer's of that name, is not the person's.
  const dumped = async (): Promise<DumpLine[]> =>
    ofPerson(await database!.dump()).filter(
      ({ text }) => ![other.id, namesake].some((id) => text.includes(id)),
    );
  expect(tablesOf(await dumped())).toEqual(TABLES);

  await shop.done(await shop.erase(REFERENCE));
  expect(await dumped()).toEqual([]);
}, 300_000);

it('would find the person in whatever way it were written', async () => {
  if (database === undefined) return;
  const text = `an order of ${NAME}`;
  const bytea = (bytes: Buffer): string => `'\\x${bytes.toString('hex')}'::bytea`;
  const ways: Record<string, string> = {
    base64: `'${Buffer.from(text).toString('base64')}'`,
    json: `'{"of": "Edda Gr\\u00fcnwald"}'::json`,
    address: `'${encodeURIComponent(text)}'`,
    bytes: bytea(Buffer.from(text)),
    gzip: bytea(gzipSync(text)),
    deflated: bytea(deflateRawSync(text)),
  };
  for (const [way, value] of Object.entries(ways))
    await database.query(`CREATE TABLE written_as_${way} AS SELECT ${value} AS written`);
  const found = tablesOf(ofPerson(await database.dump()));
  expect(found).toEqual(expect.arrayContaining(Object.keys(ways).map((way) => `written_as_${way}`)));
});
