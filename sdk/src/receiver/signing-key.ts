import { fromBase64 } from '../base64.ts';

/** Not by its name: the types of Node have none that is global. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key of Standard Webhooks 1.0: a secret that signs and verifies `v1`, or a public key that verifies `v1a`. */
export class SigningKey {
  readonly scheme: 'v1' | 'v1a';
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private imported: Promise<Key> | undefined;

  private constructor(scheme: 'v1' | 'v1a', bytes: Uint8Array<ArrayBuffer>) {
    this.scheme = scheme;
    this.bytes = bytes;
  }

  /**
   * @param text `whsec_…` or `whpk_…`
   * @throws TypeError for what is no such key
   */
  static of(text: string): SigningKey {
    const [, prefix, encoded = ''] = /^wh(sec|pk)_(.+)$/.exec(text) ?? [];
    const bytes = fromBase64(encoded);
    if (prefix === undefined || bytes === undefined)
      throw new TypeError('A key begins with whsec_ or whpk_, and goes on in base64.');
    return prefix === 'sec' ? new SigningKey('v1', bytes) : SigningKey.ofPublicKey(bytes);
  }

  /** @param bytes of an Ed25519 public key */
  static ofPublicKey(bytes: Uint8Array<ArrayBuffer>): SigningKey {
    if (bytes.length !== 32) throw new TypeError('A public key has 32 bytes.');
    return new SigningKey('v1a', bytes);
  }

  /** Of a secret alone. */
  async sign(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign('HMAC', await this.key(), content));
  }

  async verify(signature: Uint8Array<ArrayBuffer>, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const algorithm = this.scheme === 'v1' ? 'HMAC' : 'Ed25519';
    return crypto.subtle.verify(algorithm, await this.key(), signature, content);
  }

  private key(): Promise<Key> {
    this.imported ??=
      this.scheme === 'v1'
        ? crypto.subtle.importKey('raw', this.bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
            'sign',
            'verify',
          ])
        : crypto.subtle.importKey('raw', this.bytes, 'Ed25519', false, ['verify']);
    return this.imported;
  }
}

/** What is signed: `id.timestamp.body`. */
export function signedContent(id: string, timestamp: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return content;
}
