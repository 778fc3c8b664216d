import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends one command on a connection of its own and resolves to the first line of the answer (`+PONG`, `:3`, ...).
 *
 * @param url `redis://:password@host:port/database`
 * @throws Error with the server's words when it answers with one
 */
export async function redisCommand(url: string, ...command: string[]): Promise<string> {
  const { hostname, port, password, pathname } = new URL(url);
  const commands = [['AUTH', decodeURIComponent(password)], ['SELECT', pathname.slice(1) || '0'], command];
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setEncoding('utf8').setTimeout(5_000, () => socket.destroy(new Error('Redis does not answer')));
  try {
    await once(socket, 'connect');
    socket.write(commands.map(encode).join(''));
    let received = '';
    for await (const chunk of socket as AsyncIterable<string>) {
      received += chunk;
      const lines = received.split('\r\n').slice(0, -1);
      const failed = lines.find((line) => line.startsWith('-'));
      if (failed !== undefined) throw new Error(failed.slice(1));
      const answer = lines[commands.length - 1];
      if (answer !== undefined) return answer;
    }
    throw new Error('Redis closed the connection');
  } finally {
    socket.destroy();
  }
}

function encode(parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}
