import { BrowserPool, PrintSlot } from './browser-pool';
import { PrintJob } from './browser-slot';
import { inOrder } from './in-order';
import { PrintPriority } from './print-priority';

const never = new AbortController().signal;

const job = (body: string, isLarge = false): PrintJob => ({
  owner: 'client',
  isLarge,
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

async function* fourParts(name: string): AsyncGenerator<string> {
  yield* await Promise.resolve([name, name, name, name]);
}

async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('BrowserPool', () => {
  let press: Press;
  let priority: PrintPriority;

  beforeEach(() => {
    press = new Press();
    priority = new PrintPriority();
  });

  it('lets a small report pass the waiting parts of a large one', async () => {
    const pool = new BrowserPool(1, press.createSlot, priority);
    const prints = ['L1', 'L2', 'L3'].map((html) => pool.print(job(html, true), never));
    await settle();
    prints.push(pool.print(job('S1'), never));
    await settle();
    await press.finishAll();
    await Promise.all(prints);
    expect(press.order).toEqual(['L1', 'S1', 'L2', 'L3']);
  });

  it('lets two large reports take turns, which ask for the next part when one is printed', async () => {
    const pool = new BrowserPool(2, press.createSlot, priority);
    const report = async (name: string): Promise<void> => {
      const parts = inOrder(fourParts(name), pool.size + 1, (html) => pool.print(job(html, true), never));
      for await (const part of parts) expect(part).toBeInstanceOf(Buffer);
    };
    const both = Promise.all([report('A'), report('B')]);
    await settle();
    await press.finishAll();
    await both;
    expect(press.order.join('')).toBe('ABABABAB');
  });

  it('begins no part of a large report while a small one is under way, and a small one at once', async () => {
    const pool = new BrowserPool(2, press.createSlot, priority);
    let end: () => void = () => undefined;
    const small = priority.run(() => new Promise<void>((resolve) => (end = resolve)));
    const prints = [pool.print(job('L1', true), never), pool.print(job('S1'), never)];
    await settle();
    expect(press.order).toEqual(['S1']);
    end();
    await small;
    await waitFor(() => press.order.length === 2);
    await press.finishAll();
    await Promise.all(prints);
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
    const pool = new BrowserPool(2, () => slots.shift()!, priority);
    for (const owner of ['other', 'one', 'other', 'third']) await pool.print({ ...job(''), owner }, never);
    expect(printed.slice(0, 3)).toEqual(['other at other', 'one at one', 'other at other']);
    expect(printed[3]).toMatch(/^third at /);
  });

  describe('while small reports keep coming', () => {
    let pool: BrowserPool;

    const print = (html: string, isLarge: boolean): void => {
      // Nobody waits for what is left at the end.
      pool.print(job(html, isLarge), new AbortController().signal).catch(() => undefined);
    };
    const small = (html: string): void => print(html, false);
    /** As many parts of a large report in hand as there are slots, more of two waiting, and then some small reports. */
    const begin = async (slots: number, ...smallReports: string[]): Promise<void> => {
      pool = new BrowserPool(slots, press.createSlot, priority);
      for (const html of ['A1', 'A2', 'A3', 'B1', 'B2', 'B3']) print(html, true);
      // A large one asks for its browser a moment later.
      await settle();
      smallReports.forEach(small);
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

    it('large ones leave them a slot', async () => {
      await begin(3, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2');
      expect(inHand()).toBe('A3 B1');
      small('S3');
      await settle();
      expect(inHand()).toBe('A3 B1 S3');
    });

    it('large ones go on', async () => {
      await begin(2, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2', 'A3', 'B1', 'B2');
      expect(press.order.join(' ')).toBe('A1 A2 S1 S2 A3 B1 B2 B3');
      expect(inHand()).toBe('B3');
    });

    it('gives large ones all slots again a second after the last', async () => {
      await begin(2, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2');
      jest.advanceTimersByTime(900);
      small('S3');
      await settle();
      await finish('S3');
      jest.advanceTimersByTime(999);
      await settle();
      expect(inHand()).toBe('A3');
      jest.advanceTimersByTime(1);
      await settle();
      expect(inHand()).toBe('A3 B1');
    });

    it('keeps nothing for one that comes alone', async () => {
      await begin(2, 'S1');
      await finish('A1', 'A2', 'S1');
      expect(inHand()).toBe('A3 B1');
      jest.advanceTimersByTime(1_000);
      small('S2');
      await finish('B1', 'A3', 'S2');
      expect(press.printing).toHaveLength(2);
    });

    it('leaves large ones the only slot', async () => {
      await begin(1, 'S1', 'S2');
      await finish('A1', 'S1', 'S2');
      expect(inHand()).toBe('A2');
    });

    it('prints small ones in one browser and large ones in another', async () => {
      await begin(2, 'S1', 'S2');
      await finish('A1', 'A2', 'S1', 'S2', 'A3');
      small('S3');
      await finish('B1', 'S3');
      small('S4');
      await settle();
      expect(press.slots.map((printed) => printed.slice(2).join(' '))).toEqual(['S3 S4', 'A3 B1 B2']);
    });
  });

  it('gives a slot that lost its browser to nobody before it has another', async () => {
    let isWarm = false;
    let warmed: () => void = () => undefined;
    const pool = new BrowserPool(
      2,
      () => {
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
      },
      priority,
    );
    for (const html of ['A1', 'A2', 'A3', 'A4']) pool.print(job(html, true), never).catch(() => undefined);
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
    const pool = new BrowserPool(1, press.createSlot, priority);
    const abort = new AbortController();
    const first = pool.print(job('first'), never);
    const second = pool.print(job('second'), abort.signal);
    await settle();
    abort.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    await press.finishAll();
    await first;
    expect(press.order).toEqual(['first']);
  });

  it('refuses what waits, and what comes, once it is closed', async () => {
    const pool = new BrowserPool(2, press.createSlot, priority);
    void pool.print(job('a'), never);
    void pool.print(job('b'), never);
    const waiting = pool.print(job('c'), never);
    waiting.catch(() => undefined);
    await settle();
    await pool.close();
    await expect(waiting).rejects.toThrow('shut down');
    await expect(pool.print(job('d'), never)).rejects.toThrow('shut down');
    expect(press.closed).toBe(2);
  });
});
