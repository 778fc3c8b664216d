import { BrowserPool, PrintSlot } from './browser-pool';
import { PrintJob } from './browser-slot';

const never = new AbortController().signal;

const job = (report: symbol, body: string, isLong = false): PrintJob => ({
  report,
  owner: 'client',
  isLong,
  document: { shell: '', body: Buffer.from(body) },
  tagged: false,
});

/** Slots that print when the test says so. */
class Press {
  readonly printing: { html: string; finish: () => void }[] = [];
  readonly order: string[] = [];
  readonly slots: string[][] = [];
  closed = 0;

  createSlot = (): PrintSlot => this.slotOf((this.slots[this.slots.length] = []));

  private slotOf = (printed: string[]): PrintSlot => ({
    isWarm: true,
    serves: () => false,
    print: ({ document: { body } }) =>
      new Promise((resolve) => {
        const html = body.toString();
        this.order.push(html);
        printed.push(html);
        this.printing.push({ html, finish: () => resolve(Buffer.from(html)) });
      }),
    warm: () => Promise.resolve(),
    close: () => {
      this.closed += 1;
      return Promise.resolve();
    },
  });

  async finish(html: string): Promise<void> {
    const index = this.printing.findIndex((print) => print.html === html);
    this.printing.splice(index, 1)[0]?.finish();
    await settle();
  }

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

  describe('while short reports keep coming', () => {
    const [one, other] = [Symbol('one'), Symbol('other')];
    let pool: BrowserPool;

    const print = (report: symbol, html: string, isLong: boolean): void => {
      // Nobody waits for what is left at the end.
      pool.print(job(report, html, isLong), new AbortController().signal).catch(() => undefined);
    };
    const short = (html: string): void => print(Symbol('short'), html, false);
    /** As many parts of a long report in hand as there are slots, more of two waiting, and then some short reports. */
    const begin = async (slots: number, ...shortReports: string[]): Promise<void> => {
      pool = new BrowserPool(slots, press.createSlot);
      for (const html of ['A1', 'A2', 'A3', 'A4']) print(one, html, true);
      for (const html of ['B1', 'B2', 'B3', 'B4']) print(other, html, true);
      shortReports.forEach(short);
      await settle();
    };
    const finish = async (...documents: string[]): Promise<void> => {
      for (const html of documents) await press.finish(html);
    };
    const inHand = (): string => press.printing.map(({ html }) => html).join(' ');

    beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));

    afterEach(async () => {
      await pool.close();
      jest.useRealTimers();
    });

    it('long ones leave them a slot', async () => {
      await begin(3, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2');
      expect(inHand()).toBe('A3 B1');
      short('S3');
      await settle();
      expect(inHand()).toBe('A3 B1 S3');
    });

    it('long ones go on, and share what they have', async () => {
      await begin(2, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2', 'B1', 'B2', 'A3');
      expect(press.order.join(' ')).toBe('A1 A2 S1 B1 S2 B2 A3 B3');
      expect(inHand()).toBe('B3');
    });

    it('gives long ones all slots again a second after the last', async () => {
      await begin(2, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2');
      jest.advanceTimersByTime(900);
      short('S3');
      await settle();
      await finish('S3');
      jest.advanceTimersByTime(999);
      await settle();
      expect(inHand()).toBe('B1');
      jest.advanceTimersByTime(1);
      await settle();
      expect(inHand()).toBe('B1 A3');
    });

    it('keeps nothing for one that comes alone', async () => {
      await begin(2, 'S1');
      await finish('A1', 'A2', 'S1');
      expect(inHand()).toBe('B1 A3');
      jest.advanceTimersByTime(1_000);
      short('S2');
      await finish('B1', 'A3', 'S2');
      expect(press.printing).toHaveLength(2);
    });

    it('leaves long ones the only slot', async () => {
      await begin(1, 'S1', 'S2');
      await finish('A1', 'B1', 'S1', 'S2');
      expect(inHand()).toBe('A2');
    });

    it('prints short ones in one browser and long ones in another', async () => {
      await begin(2, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2', 'B1');
      short('S3');
      await finish('B2', 'A3', 'S3');
      short('S4');
      await settle();
      expect(press.slots.map((printed) => printed.slice(2).join(' '))).toEqual(['S3 S4', 'S2 B2 A3 B3']);
    });
  });

  it('gives a slot that lost its browser to nobody before it has another', async () => {
    let isWarm = false;
    let warmed: () => void = () => undefined;
    const pool = new BrowserPool(2, () => {
      const slot = press.createSlot();
      if (press.slots.length > 1) return slot;
      const warm = (): Promise<void> =>
        new Promise((resolve) => {
          warmed = () => {
            isWarm = true;
            resolve();
          };
        });
      return Object.defineProperty({ ...slot, warm }, 'isWarm', { get: () => isWarm });
    });
    const report = Symbol('long');
    for (const html of ['A1', 'A2', 'A3', 'A4'])
      pool.print(job(report, html, true), never).catch(() => undefined);
    await settle();
    await press.finish('A1');
    await press.finish('A2');
    expect(press.slots.map((printed) => printed.join(' '))).toEqual(['A2', 'A1 A3']);
    warmed();
    await settle();
    expect(press.slots.map((printed) => printed.join(' '))).toEqual(['A2 A4', 'A1 A3']);
    await pool.close();
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
