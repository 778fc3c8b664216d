import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const VERSION = 1;
const KEY_ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + IV_BYTES + TAG_BYTES;
export const MASTER_KEY_BYTES = 32;

/** What was sealed cannot be opened: another master key, or it was changed or moved. */
export class SealBrokenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SealBrokenError';
  }
}

/**
 * Encrypts secrets at rest with AES-256-GCM. The first master key seals; the others only open what was sealed before a
 * rotation. A sealed value is: version (1 byte), id of the master key (4), nonce (12), tag (16), ciphertext. It is
 * bound to its place (`owner`), so that a value copied into another row does not open there.
 */
export class SealedBox {
  private readonly keys: Map<string, Buffer>;
  private readonly current: string;

  /** @param masterKeys 32 bytes each, the current one first */
  constructor(masterKeys: readonly [Buffer, ...Buffer[]]) {
    this.keys = new Map(masterKeys.map((key) => [idOf(key), key]));
    this.current = idOf(masterKeys[0]);
  }

  seal(plain: Buffer, owner: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const id = Buffer.from(this.current, 'hex');
    const cipher = createCipheriv('aes-256-gcm', this.keyOf(this.current), iv).setAAD(Buffer.from(owner));
    const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), id, iv, cipher.getAuthTag(), encrypted]);
  }

  /** @throws SealBrokenError */
  open(sealed: Buffer, owner: string): Buffer {
    if (sealed[0] !== VERSION || sealed.length < HEAD_BYTES)
      throw new SealBrokenError('This is no sealed value.');
    const iv = sealed.subarray(1 + KEY_ID_BYTES, 1 + KEY_ID_BYTES + IV_BYTES);
    const tag = sealed.subarray(HEAD_BYTES - TAG_BYTES, HEAD_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.keyOf(keyIdOf(sealed)), iv)
      .setAAD(Buffer.from(owner))
      .setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
    } catch (error) {
      throw new SealBrokenError('The sealed value was changed, or belongs elsewhere.', { cause: error });
    }
  }

  /** The start of every value under the current master key. */
  get currentPrefix(): Buffer {
    return Buffer.concat([Buffer.of(VERSION), Buffer.from(this.current, 'hex')]);
  }

  private keyOf(id: string): Buffer {
    const key = this.keys.get(id);
    if (key === undefined) throw new SealBrokenError(`The master key ${id} is not configured.`);
    return key;
  }
}

const keyIdOf = (sealed: Buffer): string => sealed.subarray(1, 1 + KEY_ID_BYTES).toString('hex');

const idOf = (key: Buffer): string =>
  createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES).toString('hex');
