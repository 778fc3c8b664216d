import { once } from 'node:events';
import { connect, createServer, Server, Socket } from 'node:net';

/** A connection to Postgres, with what of its last message has not come yet. */
interface Session {
  socket: Socket;
  unread: Buffer;
  /** Whose statements it serves; `null` while it is idle. */
  owner: Caller | null;
}

interface Caller {
  socket: Socket;
  unread: Buffer;
  session: Session | null;
  isStarting: boolean;
  isWaiting: boolean;
  /** How many answers are to come until its session is free, if it is in no transaction then. */
  unanswered: number;
}

const READY = 'Z'.charCodeAt(0);
const IN_NO_TRANSACTION = 'I'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
/** `Query` and `Sync`: each is answered by a `ReadyForQuery`. */
const ANSWERED = new Set(['Q', 'S'].map((letter) => letter.charCodeAt(0)));

/**
 * What PgBouncer is with `pool_mode = transaction`, in small: each caller has a session of Postgres from the first message of
 * a transaction to its end, and mostly another one each time. It knows nothing of cancel requests and prepared statements.
 */
export class TransactionPooler {
  private readonly idle: Session[] = [];
  private readonly waiting: Caller[] = [];
  private readonly sockets = new Set<Socket>();

  private sessions = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
    private readonly most: number,
  ) {}

  /**
   * In front of the database of a URL, and the URL that leads through it.
   *
   * @param most sessions that it keeps: with more callers than that they wait for each other
   */
  static async before(url: string, most = Infinity): Promise<{ pooler: TransactionPooler; url: string }> {
    const through = new URL(url);
    const server = createServer();
    const target = { host: through.hostname, port: Number(through.port) };
    const pooler = new TransactionPooler(server, target, most);
    server.on('connection', (socket) => pooler.serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The pooler has no port.');
    through.hostname = '127.0.0.1';
    through.port = String(address.port);
    return { pooler, url: through.href };
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** A caller authenticates with a session of its own, which is anybody's from then on. */
  private serve(socket: Socket): void {
    const session: Session = {
      socket: connect(this.target),
      unread: Buffer.alloc(0),
      owner: null,
    };
    const caller: Caller = {
      socket,
      unread: Buffer.alloc(0),
      session,
      isStarting: true,
      isWaiting: false,
      unanswered: 1,
    };
    session.owner = caller;
    this.sessions += 1;
    for (const each of [socket, session.socket]) {
      this.sockets.add(each);
      each.on('error', () => undefined);
      each.on('close', () => this.sockets.delete(each));
    }
    session.socket.on('data', (chunk: Buffer) => this.answer(session, chunk));
    socket.on('data', (chunk: Buffer) => {
      if (caller.isStarting) session.socket.write(chunk);
      else {
        caller.unread = Buffer.concat([caller.unread, chunk]);
        this.ask(caller);
      }
    });
  }

  private ask(caller: Caller): void {
    caller.unread = eachMessage(caller.unread, (message) => {
      if (message[0] === TERMINATE) return true;
      caller.session ??= this.take(caller);
      if (caller.session === null) return false;
      if (ANSWERED.has(message[0]!)) caller.unanswered += 1;
      return caller.session.socket.write(message) || true;
    });
  }

  private answer(session: Session, chunk: Buffer): void {
    session.unread = eachMessage(Buffer.concat([session.unread, chunk]), (message) => {
      const { owner } = session;
      owner?.socket.write(message);
      if (owner === null || message[0] !== READY) return true;
      owner.unanswered -= 1;
      owner.isStarting = false;
      if (owner.unanswered === 0 && message[5] === IN_NO_TRANSACTION) this.free(session, owner);
      return true;
    });
  }

  /** The one that was free the longest: with several callers that is seldom the one that it had before. */
  private take(caller: Caller): Session | null {
    const session = this.idle.shift() ?? null;
    if (session !== null) session.owner = caller;
    else if (!caller.isWaiting) this.waiting.push(caller);
    caller.isWaiting = session === null;
    return session;
  }

  private free(session: Session, owner: Caller): void {
    owner.session = null;
    session.owner = null;
    if (this.sessions > this.most) {
      this.sessions -= 1;
      session.socket.destroy();
      return;
    }
    this.idle.push(session);
    const next = this.waiting.shift();
    if (next === undefined) return;
    next.isWaiting = false;
    this.ask(next);
  }
}

/** @returns what `take` did not want, and what is no whole message yet: a letter, and a length that counts itself */
function eachMessage(bytes: Buffer, take: (message: Buffer) => boolean): Buffer {
  let rest = bytes;
  while (rest.length >= 5) {
    const end = 1 + rest.readUInt32BE(1);
    if (rest.length < end || !take(rest.subarray(0, end))) break;
    rest = rest.subarray(end);
  }
  return rest;
}
