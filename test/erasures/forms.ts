import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** In the middle of other bytes, which shift it by up to two: without the digits that they would change. */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    return shifted.toString('base64').slice(Math.ceil((shift * 4) / 3), Math.floor((shifted.length * 4) / 3));
  });
}

/** A text in each way in which something may be written that holds it, in lower case. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const inUrl = encodeURIComponent(text);
  return [
    text,
    // The bytes of a file, read as such.
    bytes.toString('latin1'),
    bytes.toString('hex'),
    ...inBase64(bytes),
    inUrl,
    inUrl.replaceAll('%20', '+'),
    // JSON of ASCII alone.
    text.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ].map((form) => form.toLowerCase());
}

/** Finds any of the texts, however it is written. */
export function finderOf(texts: string[]): (kept: string) => boolean {
  const forms = texts.flatMap(formsOf);
  return (kept) => {
    const lower = kept.toLowerCase();
    return forms.some((form) => lower.includes(form));
  };
}

/** What bytes hold when they are unpacked, whichever way they are packed; `null` when they are not. */
export function unpacked(bytes: Buffer): string | null {
  for (const unpack of [gunzipSync, inflateSync, inflateRawSync]) {
    try {
      return unpack(bytes).toString();
    } catch {
      // Not in this way.
    }
  }
  return null;
}
