// Loaded before the application (`node --require`), in its own process: says how long its event loop stood still and how
// large its heap became. Each connection to the socket PROBE_SOCKET is answered with the figures since the one before.
const { createServer } = require('node:net');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { getHeapStatistics } = require('node:v8');

const RESOLUTION_MS = 5;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let heapBytes = 0;
setInterval(() => {
  heapBytes = Math.max(heapBytes, getHeapStatistics().used_heap_size);
}, 20).unref();

createServer((socket) => {
  socket.on('error', () => undefined);
  // The histogram counts the whole time between two of its timers.
  const longestBlockMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
  socket.end(JSON.stringify({ longestBlockMs, heapBytes }));
  delay.reset();
  heapBytes = 0;
})
  .listen(process.env.PROBE_SOCKET)
  .unref();
