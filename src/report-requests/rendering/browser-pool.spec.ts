import { BrowserPool, PrintSlot } from './browser-pool';
import { PrintJob } from './browser-slot';

const never = new AbortController().signal;

const job = (report: symbol, body: string): PrintJob => ({
  report,
  owner: 'client',
  document: { shell: '', body },
  tagged: false,
});

/** Slots that print when the test says so. */
class Press {
  readonly printing: { html: string; finish: () => void }[] = [];
  readonly order: string[] = [];
  closed = 0;

  createSlot = (): PrintSlot => ({
    isWarm: true,
    serves: () => false,
    print: ({ document: { body: html } }) =>
      new Promise((resolve) => {
        this.order.push(html);
        this.printing.push({ html, finish: () => resolve(Buffer.from(html)) });
      }),
    warm: () => Promise.resolve(),
    close: () => {
      this.closed += 1;
      return Promise.resolve();
    },
  });

  /** Lets everything in hand and what follows it finish, one after the other. */
  async finishAll(): Promise<void> {
    for (let print = this.printing.shift(); print; print = this.printing.shift()) {
      print.finish();
      await settle();
    }
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('BrowserPool', () => {
  let press: Press;

  beforeEach(() => {
    press = new Press();
  });

  it('lets a small report pass the waiting parts of a large one', async () => {
    const pool = new BrowserPool(1, press.createSlot);
    const [large, small] = [Symbol('large'), Symbol('small')];
    const prints = ['L1', 'L2', 'L3'].map((html) => pool.print(job(large, html), never));
    await settle();
    prints.push(pool.print(job(small, 'S1'), never));
    await settle();
    await press.finishAll();
    await Promise.all(prints);
    expect(press.order).toEqual(['L1', 'S1', 'L2', 'L3']);
  });

  it('gives two large reports the same share', async () => {
    const pool = new BrowserPool(2, press.createSlot);
    const [one, other] = [Symbol('one'), Symbol('other')];
    const prints = ['A', 'A', 'A', 'A'].map((html) => pool.print(job(one, html), never));
    prints.push(...['B', 'B', 'B', 'B'].map((html) => pool.print(job(other, html), never)));
    await settle();
    await press.finishAll();
    await Promise.all(prints);
    expect(press.order.join('')).toBe('AABABABB');
  });

  it('gives a report a slot that has a page of its owner, if that is free', async () => {
    const owners = ['one', 'other'];
    const printed: string[] = [];
    const slots = owners.map((owner): PrintSlot => ({
      isWarm: true,
      serves: (wanted) => wanted === owner,
      print: (wanted) => {
        printed.push(`${wanted.owner} at ${owner}`);
        return Promise.resolve(Buffer.alloc(0));
      },
      warm: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }));
    const pool = new BrowserPool(2, () => slots.shift()!);
    for (const owner of ['other', 'one', 'other', 'third'])
      await pool.print({ ...job(Symbol('report'), ''), owner }, never);
    expect(printed.slice(0, 3)).toEqual(['other at other', 'one at one', 'other at other']);
    expect(printed[3]).toMatch(/^third at /);
  });

  it('forgets a print that is aborted while it waits', async () => {
    const pool = new BrowserPool(1, press.createSlot);
    const abort = new AbortController();
    const first = pool.print(job(Symbol('first'), 'first'), never);
    const second = pool.print(job(Symbol('second'), 'second'), abort.signal);
    await settle();
    abort.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    await press.finishAll();
    await first;
    expect(press.order).toEqual(['first']);
  });

  it('refuses what waits, and what comes, once it is closed', async () => {
    const pool = new BrowserPool(2, press.createSlot);
    const report = Symbol('report');
    void pool.print(job(report, 'a'), never);
    void pool.print(job(report, 'b'), never);
    const waiting = pool.print(job(report, 'c'), never);
    waiting.catch(() => undefined);
    await settle();
    await pool.close();
    await expect(waiting).rejects.toThrow('shut down');
    await expect(pool.print(job(report, 'd'), never)).rejects.toThrow('shut down');
    expect(press.closed).toBe(2);
  });
});
