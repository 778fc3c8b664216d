// Verifies a proof of deliveries with `jose` and nothing of this project: it knows two addresses and a key, and prints what it read.
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [proof, keys, apiKey] = process.argv.slice(2);
const answer = await fetch(proof, { headers: { authorization: `Bearer ${apiKey}` } });
const { payload, protectedHeader } = await jwtVerify(await answer.text(), createRemoteJWKSet(new URL(keys)), {
  algorithms: ['EdDSA'],
});
console.log(JSON.stringify({ payload, protectedHeader, type: answer.headers.get('content-type') }));
