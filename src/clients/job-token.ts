import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a token may be good for, of the job that it opens. The order is that of the bits in it, and never changes. */
export enum JobPermission {
  Read = 'read',
  Stream = 'stream',
  Download = 'download',
  Cancel = 'cancel',
}

/** What a token says: nothing about it is stored. */
export interface JobToken {
  jobId: string;
  /** The key that it was made with: it is good for no longer. */
  keyId: string;
  permissions: JobPermission[];
  /** Milliseconds since the epoch, of whole seconds. */
  endsAt: number;
}

/** Recognizable by people and by secret scanners. */
const PREFIX = 'ort_';
/** 37 bytes of content and 32 of signature in base64url, which has one way to write them. */
const SHAPE = /^ort_[\w-]{92}$/;
const CONTENT_BYTES = 37;
const PERMISSIONS = Object.values(JobPermission);

/** Whether this is a token by its form. An API key that an operator chose so would be taken for one. */
export const isJobToken = (text: string): boolean => SHAPE.test(text);

/**
 * The text of a token: `ort_`, and in base64url the ids of job and key (16 bytes each), the permissions (a bit each), the end
 * (seconds since the epoch, 32 bits), and an HMAC-SHA256 of these.
 *
 * @param secret that all processes share
 */
export function encodeJobToken(secret: Buffer, { jobId, keyId, permissions, endsAt }: JobToken): string {
  const content = Buffer.alloc(CONTENT_BYTES);
  content.set(bytesOf(jobId), 0);
  content.set(bytesOf(keyId), 16);
  content.writeUInt8(
    permissions.reduce((bits, permission) => bits | (1 << PERMISSIONS.indexOf(permission)), 0),
    32,
  );
  content.writeUInt32BE(Math.floor(endsAt / 1_000), 33);
  return PREFIX + Buffer.concat([content, sign(secret, content)]).toString('base64url');
}

/** `null` for what was not made by us. Says nothing of whether it has ended. */
export function decodeJobToken(secret: Buffer, text: string): JobToken | null {
  if (!isJobToken(text)) return null;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  const content = bytes.subarray(0, CONTENT_BYTES);
  if (!timingSafeEqual(bytes.subarray(CONTENT_BYTES), sign(secret, content))) return null;
  const bits = content.readUInt8(32);
  return {
    jobId: uuidOf(content.subarray(0, 16)),
    keyId: uuidOf(content.subarray(16, 32)),
    permissions: PERMISSIONS.filter((_, index) => bits & (1 << index)),
    endsAt: content.readUInt32BE(33) * 1_000,
  };
}

const sign = (secret: Buffer, content: Buffer): Buffer =>
  createHmac('sha256', secret).update(content).digest();

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
