import { FaultyProxy } from '../sdk/faulty-proxy';

/** The name of the external tasks that are followed: nobody completes them but `Ways`. */
export const FOLLOWED = 'walk.followed';
/** By then it is no more a look before the first wait. */
const POLLS = 5;

/** The service by each way to it: with streams, with waits alone, and with polls alone. */
export class Ways {
  private constructor(private readonly proxies: FaultyProxy[]) {}

  /**
   * A task that is followed by one of them ends when the way that it has was taken, and not before.
   *
   * @param key of the client whose tasks they are, with the scope `worker`
   */
  static async to(url: string, key: string): Promise<Ways> {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const complete = async (): Promise<void> => {
      const body = JSON.stringify({ types: [FOLLOWED] });
      const claimed = await fetch(`${url}/v1/tasks/claim`, { method: 'POST', headers, body });
      if (claimed.status !== 200) return;
      const { id, attempt } = (await claimed.json()) as { id: string; attempt: number };
      const ended = { attempt, status: 'COMPLETED', result: { done: true } };
      await fetch(`${url}/v1/tasks/${id}`, { method: 'PUT', headers, body: JSON.stringify(ended) });
    };
    const [streams, waits, polls] = await Promise.all(
      [url, url, url].map((each) => FaultyProxy.before(each)),
    );
    const isStream = (method: string, path: string): boolean => method === 'GET' && path.endsWith('/events');
    streams!.faultOf = (method, path) => {
      if (isStream(method, path)) void complete();
      return undefined;
    };
    waits!.faultOf = (method, path, { prefer }) => {
      if (isStream(method, path)) return { status: 403, body: '<html>' };
      if (prefer !== undefined) void complete();
      return undefined;
    };
    let polled = 0;
    polls!.faultOf = (method, path, { prefer }) => {
      if (isStream(method, path)) return { status: 502 };
      if (prefer !== undefined) return { status: 504 };
      if (method === 'GET' && ++polled === POLLS) void complete();
      return undefined;
    };
    return new Ways([streams!, waits!, polls!]);
  }

  get urls(): string[] {
    return this.proxies.map(({ url }) => url);
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}
