import { createSocket, RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ipaddr from 'ipaddr.js';

const [A, CNAME, AAAA] = [1, 5, 28];
const [SERVFAIL, NXDOMAIN, REFUSED] = [2, 3, 5];
const HEADER_BYTES = 12;
/** A response, recursion asked for and given. */
const RESPONSE = 0x8180;

/** What one name has. A type that is missing is answered without records. */
export interface StubRecords {
  a?: string[];
  aaaa?: string[];
  cname?: string;
  fails?: 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED';
  /** Queries of these types are never answered. */
  drops?: ('A' | 'AAAA')[];
}

/** A real name server (RFC 1035) over UDP that answers what the test says. What it does not know does not exist. */
export class StubNameServer {
  readonly names = new Map<string, StubRecords>();
  /** `name type`, in the order of the queries. */
  readonly asked: string[] = [];

  private constructor(private readonly socket: Socket) {}

  static async start(): Promise<StubNameServer> {
    const socket = createSocket('udp4');
    const server = new StubNameServer(socket);
    socket.on('message', (query, from) => server.answer(query, from));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  /** As `Resolver.setServers` wants it. */
  get address(): string {
    const { address, port }: AddressInfo = this.socket.address();
    return `${address}:${port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private answer(query: Buffer, { port, address }: RemoteInfo): void {
    const { name, type, end } = readQuestion(query);
    const kind = type === AAAA ? 'AAAA' : 'A';
    this.asked.push(`${name} ${kind}`);
    const records = this.names.get(name) ?? { fails: 'NXDOMAIN' };
    if (records.drops?.includes(kind) === true) return;
    const answers = records.fails === undefined ? recordsOf(name, type, records) : [];
    const codes = { SERVFAIL, NXDOMAIN, REFUSED };
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(RESPONSE | (records.fails === undefined ? 0 : codes[records.fails]), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    header.writeUInt32BE(0, 8);
    const question = query.subarray(HEADER_BYTES, end);
    this.socket.send(Buffer.concat([header, question, ...answers]), port, address);
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function recordsOf(name: string, type: number, { a = [], aaaa = [], cname }: StubRecords): Buffer[] {
  const owner = cname ?? name;
  const bytesOf = (address: string): Buffer => Buffer.from(ipaddr.parse(address).toByteArray());
  return [
    ...(cname === undefined ? [] : [record(name, CNAME, nameBytes(cname))]),
    ...(type === A ? a : []).map((address) => record(owner, A, bytesOf(address))),
    ...(type === AAAA ? aaaa : []).map((address) => record(owner, AAAA, bytesOf(address))),
  ];
}

/** Of the class IN, to be asked for again at once. */
function record(owner: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(owner), fixed, data]);
}

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')]),
    Buffer.of(0),
  ]);
