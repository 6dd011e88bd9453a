import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

/** What a sealed text belongs to, e.g. its collection and id: it opens with the same words only. */
export type SealContext = readonly string[];

const prefixBytes = 8;
const ivBytes = 12;
const tagBytes = 16;
const countMax = 0xffff_ffff;

/** The length of every key, in bytes. */
export const keyBytes = 32;

/** A sealed text that no key at hand opens: altered, moved, cut, or sealed with another key. */
export class CannotOpen extends Error {}

/** AES-256-GCM with one key. */
export interface Aead {
  /** Nonce, tag and encrypted text, to be written one after the other; opens with the same context only. */
  encrypt(text: string, context: SealContext): readonly Buffer[];
  /** The text. Undefined: of another key or another context, or altered. Throws for what is too short to be one. */
  decrypt(bytes: Buffer, context: SealContext): string | undefined;
}

/** Every instance draws nonces of its own, which do not come twice under one key. */
export function createAead(key: KeyObject): Aead {
  const nextIv = createIvs();
  return {
    encrypt(text, context) {
      const iv = nextIv();
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
      cipher.setAAD(toAad(context));
      const sealed = cipher.update(text, 'utf8');
      cipher.final();
      return [iv, cipher.getAuthTag(), sealed];
    },
    decrypt: (bytes, context) => decrypt(key, bytes, toAad(context)),
  };
}

/** A key for one purpose, from another. */
export function deriveKey(key: Uint8Array, name: string, bytes: number = keyBytes): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `heddle ${name}`, bytes));
}

/** As Aead's `decrypt`; without `aad` for texts that an older version of Heddle encrypted. */
export function decrypt(key: KeyObject, bytes: Buffer, aad: Buffer | undefined): string | undefined {
  if (bytes.byteLength < ivBytes + tagBytes) throw new CannotOpen('The sealed text is cut short.');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  if (aad !== undefined) decipher.setAAD(aad);
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // Any error: OpenSSL names no other cause than a tag that does not fit.
    return undefined;
  }
}

/** The words of a context cannot be read as those of another one. */
function toAad(context: SealContext): Buffer {
  return Buffer.from(JSON.stringify(context));
}

/**
 * A random prefix and a count: under one key a nonce must never come twice, and 96 random bits would be too few for a
 * text per streamed token over years.
 */
function createIvs(): () => Buffer {
  let prefix = randomBytes(prefixBytes);
  let count = 0;
  return () => {
    if (count > countMax) {
      prefix = randomBytes(prefixBytes);
      count = 0;
    }
    const iv = Buffer.allocUnsafe(ivBytes);
    prefix.copy(iv);
    iv.writeUInt32BE(count, prefixBytes);
    count += 1;
    return iv;
  };
}
