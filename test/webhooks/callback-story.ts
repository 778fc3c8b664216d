import { emptyTestRedis, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHarness, Json, TestClient } from './callback-harness';
import { TestReceiver } from './test-receiver';

/** What the tests of one suite share: an application, a receiver of its callbacks, and for each test a client of its own. */
export class CallbackStory {
  database!: TestDatabase;
  redisUrl!: string;
  harness!: CallbackHarness;
  receiver!: TestReceiver;
  client!: TestClient;

  constructor(private readonly settings: NodeJS.ProcessEnv) {}

  async start(): Promise<void> {
    this.database = await createTestDatabase();
    this.redisUrl = await emptyTestRedis();
    this.harness = await this.anotherProcess();
    this.receiver = await TestReceiver.start();
  }

  /** On the same database and Redis. Who starts it stops it. */
  anotherProcess(settings = this.settings): Promise<CallbackHarness> {
    return CallbackHarness.start({ databaseUrl: this.database.url, redisUrl: this.redisUrl }, settings);
  }

  async beginTest(): Promise<void> {
    this.client = await this.harness.client();
    this.receiver.ledger.length = 0;
  }

  async stop(): Promise<void> {
    await this.receiver.stop();
    await this.harness.stop();
    await this.database.drop();
  }

  /** An application with settings and a database of its own, for as long as it is used. */
  async withHarness(
    settings: NodeJS.ProcessEnv,
    use: (harness: CallbackHarness) => Promise<void>,
    redisUrl = this.redisUrl,
  ): Promise<void> {
    const database = await createTestDatabase();
    const harness = await CallbackHarness.start({ databaseUrl: database.url, redisUrl }, settings);
    try {
      await use(harness);
    } finally {
      await harness.stop();
      await database.drop();
    }
  }

  query<Rows>(sql: string, parameters?: unknown[]): Promise<Rows> {
    return this.harness.database.query<Rows>(sql, parameters);
  }

  /** Registers an endpoint at a path of the receiver. */
  async register(path: string, extra: object = {}, client = this.client): Promise<Json> {
    const { status, body } = await client.call('POST', '/v1/webhooks/endpoints', {
      url: this.receiver.url(path),
      ...extra,
    });
    expect([status, body]).toEqual([201, expect.anything()]);
    return body;
  }

  /** Waits until so many attempts came to a path of the receiver. */
  async called(path: string, count = 1, timeoutMs?: number): Promise<void> {
    await waitFor(() => this.receiver.at(path).length >= count, {
      what: `${count} callback(s) at ${path}`,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
  }

  /** Whatever was due before has been tried when this resolves: what another client submits later is delivered. */
  async othersAreDelivered(): Promise<void> {
    const other = await this.harness.client();
    for (let count = 1; count <= 3; count += 1) {
      await other.submit(this.receiver.url('/other'));
      await other.allEnded(count);
    }
  }
}

/** Sets up a suite with an application of these settings, and takes it down. */
export function callbackStory(settings: NodeJS.ProcessEnv = {}): CallbackStory {
  const story = new CallbackStory(settings);
  beforeAll(() => story.start());
  beforeEach(() => story.beginTest());
  afterAll(() => story.stop());
  return story;
}
