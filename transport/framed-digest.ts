import { createHash, createHmac, type KeyObject } from 'node:crypto';

/** Each text as its length in bytes and its bytes, so that no two lists of texts are the same bytes; null is no length. */
function frame(update: (bytes: Uint8Array) => unknown, texts: readonly (string | null)[]): void {
  for (const text of texts) {
    const bytes = Buffer.from(text ?? '', 'utf8');
    const length = Buffer.alloc(8);
    length.writeBigInt64BE(text === null ? -1n : BigInt(bytes.length));
    update(length);
    update(bytes);
  }
}

/** SHA-256 of a list of texts, in base64url. */
export function digestTexts(...texts: readonly (string | null)[]): string {
  const hash = createHash('sha256');
  frame((bytes) => hash.update(bytes), texts);
  return hash.digest('base64url');
}

/** HMAC-SHA-256 of a list of texts, in base64url. */
export function authenticateTexts(key: KeyObject, ...texts: readonly (string | null)[]): string {
  const hmac = createHmac('sha256', key);
  frame((bytes) => hmac.update(bytes), texts);
  return hmac.digest('base64url');
}
