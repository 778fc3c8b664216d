// A callback receiver for one machine: verifies, drops what it has had, and shows what it got.
//
//   WEBHOOK_SECRET=whsec_… npm run receiver            listens on http://127.0.0.1:4000
//
// PORT and HOST say where; several secrets (or `whpk_` public keys for v1a) are separated by spaces. Without a secret
// it still shows what comes, marked as not verified. It uses nothing but Node: copy what you need.
import { Buffer } from 'node:buffer';
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1_000_000;
/** DER of an Ed25519 public key (RFC 8410) up to the key itself. */
const SPKI_OF_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** Checks a callback by Standard Webhooks; throws with the reason when it is not genuine. `body` are the raw bytes. */
export function verifyCallback(headers, body, keys, now = Date.now() / 1_000) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!id || !timestamp || !signatures) throw new Error('a webhook header is missing');
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw new Error('the timestamp is too old, or from the future');
  }
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const genuine = signatures.split(' ').some((part) => {
    const [scheme, text = ''] = part.split(',');
    const signature = Buffer.from(text, 'base64');
    return keys.some((key) => isSignatureOf(content, signature, scheme, key));
  });
  if (!genuine) throw new Error('no signature matches');
}

function isSignatureOf(content, signature, scheme, key) {
  const bytes = Buffer.from(key.replace(/^wh(sec|pk)_/, ''), 'base64');
  if (scheme === 'v1' && key.startsWith('whsec_')) {
    const expected = createHmac('sha256', bytes).update(content).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }
  if (scheme === 'v1a' && key.startsWith('whpk_')) {
    const publicKey = createPublicKey({
      key: Buffer.concat([SPKI_OF_ED25519, bytes]),
      format: 'der',
      type: 'spki',
    });
    return verify(null, content, publicKey, signature);
  }
  return false;
}

/** A receiver that calls `show` once for each event, however often it is delivered. */
export function createReceiver(keys, show) {
  // A real receiver keeps the ids where it keeps what it does with the events, in the same transaction.
  const seen = new Set();
  return createServer((request, response) => {
    const chunks = [];
    let bytes = 0;
    request.on('error', () => response.destroy());
    request.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const answer = handle(request, body, keys, seen, show);
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer.body));
    });
  });
}

function handle(request, body, keys, seen, show) {
  let event;
  try {
    event = JSON.parse(body.toString('utf8'));
  } catch {
    return { status: 400, body: { error: 'the body is not JSON' } };
  }
  // Proof of ownership comes while the endpoint is being registered: its secret is not known yet.
  if (event?.type === 'webhook.endpoint.verification') {
    show({ note: 'ownership challenge, echoed', event });
    return { status: 200, body: { challenge: event.data?.challenge } };
  }
  const id = request.headers['webhook-id'];
  if (keys.length > 0) {
    try {
      verifyCallback(request.headers, body, keys);
    } catch (error) {
      show({ note: `REFUSED, ${error.message}`, id, event });
      return { status: 401, body: { error: error.message } };
    }
  }
  if (seen.has(id)) {
    show({ note: 'had it before, dropped', id });
    return { status: 200, body: { duplicate: true } };
  }
  seen.add(id);
  show({ note: keys.length > 0 ? 'verified' : 'NOT VERIFIED: set WEBHOOK_SECRET', id, event });
  return { status: 200, body: { received: true } };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { PORT = '4000', HOST = '127.0.0.1', WEBHOOK_SECRET = '' } = process.env;
  const keys = WEBHOOK_SECRET.split(/[\s,]+/).filter(Boolean);
  const receiver = createReceiver(keys, ({ note, id, event }) => {
    console.log(`\n${new Date().toISOString()}  ${note}${id ? `  ${id}` : ''}`);
    if (event) console.log(JSON.stringify(event, null, 2));
  });
  receiver.on('error', (error) => {
    console.error(
      error.code === 'EADDRINUSE'
        ? `${HOST}:${PORT} is in use, perhaps by a receiver of before: stop that one, or say PORT=<another>.`
        : `The receiver cannot listen at ${HOST}:${PORT}: ${error.message}`,
    );
    process.exit(1);
  });
  receiver.listen(Number(PORT), HOST, () =>
    console.log(`Callbacks are received at http://${HOST}:${receiver.address().port}/`),
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
}
