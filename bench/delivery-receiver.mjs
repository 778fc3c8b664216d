// The receiver of the delivery benchmark, in a process of its own: counts requests, and answers when each came.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';

let arrivals = [];

createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(arrivals));
    arrivals = [];
    return;
  }
  const digest = request.url.startsWith('/digest') ? createHash('sha256') : undefined;
  request.on('data', (chunk) => digest?.update(chunk));
  request.on('end', () => {
    if (request.url.startsWith('/hang')) return;
    const at = performance.timeOrigin + performance.now();
    arrivals.push([request.headers['webhook-id'], at, digest?.digest('hex')]);
    const answer = () => response.writeHead(204).end();
    // As far as a receiver across the internet.
    if (request.url.startsWith('/far')) setTimeout(answer, 50);
    else answer();
  });
}).listen(0, '127.0.0.1', function () {
  console.log(`port ${this.address().port}`);
});
