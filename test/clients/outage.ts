import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pdfTitle } from '../rendering/pdf-title';
import { TcpProxy } from '../support/tcp-proxy';
import { waitFor } from '../support/services';
import type { DividedService } from './divided-service';

const run = promisify(execFile);
const ORDER = {
  number: 'A-1',
  ordered_at: '2016-01-08T10:00:00Z',
  currency: 'EUR',
  customer_name: 'Ana Pérez',
  lines: [{ sku: 'BK-1', description: 'Bookcase', quantity: '1', unit_price: '130.98' }],
};
/** In the titles of those reports whose acceptance nobody hears of before the network is gone. */
const UNHEARD = 'unheard';
/** Of them all. */
const UNHEARD_SHARE = 0.4;

/** A program that asks for a report of each of `TITLES` at once, and saves each as `<title>.pdf` where it runs. */
export interface Follower {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface OutageOptions {
  readonly service: DividedService;
  readonly follower: Follower;
  /** Made anew; the program runs in it. */
  readonly folder: string;
  readonly reports: number;
  /** How long the network is away. */
  readonly seconds: number;
  /** Whether the program hears that its connections are broken; else it has to see by itself that nothing comes any more. */
  readonly resets: boolean;
}

/**
 * Takes the network away from a program while it follows reports, and restarts every process of the service meanwhile.
 *
 * @returns how many of the reports were unfinished when the network went
 * @throws Error when a call of the program failed, a file is missing or not the one that was asked for, or a report was made
 *   that nobody asked for
 */
export async function followThroughOutage({
  service,
  follower: { command, args, env },
  folder,
  reports,
  seconds,
  resets,
}: OutageOptions): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const key = await service.client('outage');
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const answer = await fetch(service.url + path, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const statuses = async (): Promise<string[]> => {
    const { data } = (await (await ask('/v1/jobs?page_size=100')).json()) as { data: { status: string }[] };
    return data.map(({ status }) => status);
  };
  await ask('/v1/orders', { method: 'POST', body: JSON.stringify(ORDER) });

  const titles = Array.from({ length: reports }, (_each, index) =>
    index < reports * UNHEARD_SHARE ? `Report ${index}, ${UNHEARD}` : `Report ${index}`,
  );
  const network = await TcpProxy.to('127.0.0.1', Number(new URL(service.url).port));
  network.swallowAnswersTo(UNHEARD);
  const variables = {
    ORDER_REPORTS_URL: `http://127.0.0.1:${network.port}`,
    ORDER_REPORTS_KEY: key,
    TITLES: JSON.stringify(titles),
  };
  const end = new AbortController();
  try {
    const followed = run(command, args, { cwd: folder, env: { ...env, ...variables }, signal: end.signal });
    const underWay = waitFor(
      async () => {
        const now = await statuses();
        return now.length === reports && now.includes('COMPLETED') && now;
      },
      { what: `${reports} reports to be accepted, and one of them to be made` },
    );
    const before = await Promise.race([underWay, followed.then(() => [])]);

    network.hang();
    await service.stop('SIGKILL');
    await Promise.all([service.launch(), sleep(seconds * 1_000)]);
    if (resets) network.cut();
    network.passAnew();

    await followed;
    check('files', readdirSync(folder).sort(), titles.map((title) => `${title}.pdf`).sort());
    for (const title of titles) {
      const seen = await pdfTitle(readFileSync(join(folder, `${title}.pdf`)));
      check('the title of a file', seen, title);
    }
    check(
      'the jobs of the service',
      await statuses(),
      titles.map(() => 'COMPLETED'),
    );
    return before.filter((status) => status !== 'COMPLETED').length;
  } finally {
    end.abort();
    await network.close();
  }
}

function check(what: string, seen: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`);
}
