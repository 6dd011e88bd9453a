import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { encryptionKeyId } from '#core/secrets/secret-box.ts';

/*
 * An encrypted backup: a header, then chunks of 64 KiB, each with AES-256-GCM. The key is drawn for the one file, from a
 * random salt, so that nonces can be the numbers of the chunks. The nonce of the last chunk states that it is the last, so
 * that chunks can be neither left out, repeated, put into another order nor cut off.
 *
 * Header: magic (4), form (1), kind of key (1), log2 N, r, p of scrypt or zeros (3), key id or zeros (4), salt (32),
 * HMAC over all of these (32).
 */
const magic = Buffer.from('HdlB');
const form = 1;
const kinds = { encryptionKey: 1, passphrase: 2 } as const;
const saltAt = 13;
const saltBytes = 32;
const macAt = saltAt + saltBytes;
const headerBytes = macAt + 32;
const chunkBytes = 64 * 1024;
const tagBytes = 16;
const chunksMax = 0xffff_ffff;

/** 128 MiB of memory and about half a second for each guess. */
const scryptCost = { logN: 17, r: 8, p: 1 } as const;
/** Of a file that comes from elsewhere: what a restore takes on at most. */
const scryptCostMax = { logN: 18, r: 8, p: 4 } as const;
const scryptMemoryMax = 512 * 1024 * 1024;

/** What a backup is encrypted with. */
export type BackupSecret = { readonly key: Uint8Array } | { readonly passphrase: string };

/** What may open one. */
export interface BackupSecrets {
  readonly keys: readonly Uint8Array[];
  readonly passphrase?: string | undefined;
}

/** Whether a file that begins with these bytes is an encrypted backup. */
export function isEncryptedBackup(begin: Uint8Array): boolean {
  return Buffer.from(begin.subarray(0, magic.byteLength)).equals(magic);
}

/** The bytes, encrypted; one chunk at a time in memory. */
export async function* encryptBackup(
  plain: AsyncIterable<Uint8Array>,
  secret: BackupSecret,
): AsyncGenerator<Buffer> {
  const isKey = 'key' in secret;
  const { logN, r, p } = isKey ? { logN: 0, r: 0, p: 0 } : scryptCost;
  const head = Buffer.concat([
    magic,
    Buffer.from([form, isKey ? kinds.encryptionKey : kinds.passphrase, logN, r, p]),
    isKey ? Buffer.from(encryptionKeyId(secret.key), 'hex') : Buffer.alloc(4),
    randomBytes(saltBytes),
  ]);
  const { chunkKey, macKey } = await deriveKeys(head, secret);
  yield Buffer.concat([head, computeMac(macKey, head)]);
  let count = 0;
  for await (const { bytes, isLast } of splitChunks(plain, chunkBytes)) {
    if (count > chunksMax) throw new Error('The backup is too large to be encrypted.');
    const cipher = createCipheriv('aes-256-gcm', chunkKey, buildNonce(count, isLast), {
      authTagLength: tagBytes,
    });
    const sealed = cipher.update(bytes);
    cipher.final();
    yield Buffer.concat([sealed, cipher.getAuthTag()]);
    count += 1;
  }
}

/** The bytes that were encrypted. Throws what is wrong with the key or the file; what came before is then not to be used. */
export async function* decryptBackup(
  file: AsyncIterable<Uint8Array>,
  secrets: BackupSecrets,
): AsyncGenerator<Buffer> {
  let chunkKey: Buffer | undefined;
  let count = 0;
  let ended = false;
  for await (const { bytes, isLast } of splitChunks(file, chunkBytes + tagBytes, headerBytes)) {
    if (chunkKey === undefined) {
      if (bytes.byteLength < headerBytes) throw new Error('it is cut short');
      chunkKey = await openHeader(bytes, secrets);
      continue;
    }
    const plain = openChunk(bytes, chunkKey, count, isLast);
    if (plain === undefined) {
      const isCut = isLast && openChunk(bytes, chunkKey, count, false) !== undefined;
      throw new Error(isCut ? 'it is cut short' : 'it was altered or cut short');
    }
    yield plain;
    count += 1;
    ended = isLast;
  }
  if (!ended) throw new Error('it is cut short');
}

/** The key of the chunks, once the header is known to be whole. */
async function openHeader(header: Buffer, { keys, passphrase }: BackupSecrets): Promise<Buffer> {
  const head = header.subarray(0, macAt);
  const [formByte, kind = 0, logN = 0, r = 0, p = 0] = head.subarray(magic.byteLength);
  if (!isEncryptedBackup(head)) throw new Error('it is no encrypted backup');
  if (formByte !== form) throw new Error('a newer version of Heddle has made it');
  const isKey = kind === kinds.encryptionKey;
  if (!isKey && kind !== kinds.passphrase) throw new Error('it was altered');
  let secret: BackupSecret;
  if (isKey) {
    const id = head.subarray(saltAt - 4, saltAt).toString('hex');
    const key = keys.find((candidate) => encryptionKeyId(candidate) === id);
    if (key === undefined) {
      throw new Error(
        `it is encrypted with the encryption key ${id}, which is not at hand: set HEDDLE_ENCRYPTION_KEY or HEDDLE_ENCRYPTION_KEY_PREVIOUS to it, or put it into encryption.key of the data directory`,
      );
    }
    secret = { key };
  } else {
    if (passphrase === undefined) {
      throw new Error('it is encrypted with a passphrase: name its file with --passphrase-file');
    }
    const isBounded = logN > 0 && logN <= scryptCostMax.logN && r > 0 && r <= scryptCostMax.r;
    if (!isBounded || p === 0 || p > scryptCostMax.p) throw new Error('it was altered');
    secret = { passphrase };
  }
  const { chunkKey, macKey } = await deriveKeys(head, secret);
  if (!timingSafeEqual(computeMac(macKey, head), header.subarray(macAt))) {
    throw new Error(isKey ? 'it was altered' : 'the passphrase is wrong, or it was altered');
  }
  return chunkKey;
}

interface FileKeys {
  readonly chunkKey: Buffer;
  readonly macKey: Buffer;
}

async function deriveKeys(head: Buffer, secret: BackupSecret): Promise<FileKeys> {
  const salt = head.subarray(saltAt, macAt);
  const [logN = 0, r = 0, p = 0] = head.subarray(magic.byteLength + 2);
  const main =
    'key' in secret
      ? secret.key
      : await scryptKey(secret.passphrase, salt, { N: 2 ** logN, r, p, maxmem: scryptMemoryMax });
  const derive = (name: string) => Buffer.from(hkdfSync('sha256', main, salt, `heddle backup ${name}`, 32));
  return { chunkKey: derive('chunks'), macKey: derive('header') };
}

function scryptKey(passphrase: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(passphrase.normalize('NFC'), salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  return promise;
}

function computeMac(key: Buffer, head: Buffer): Buffer {
  return createHmac('sha256', key).update(head).digest();
}

function buildNonce(count: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(count, 7);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

/** Undefined: another key, another place, or altered. */
function openChunk(bytes: Buffer, key: Buffer, count: number, isLast: boolean): Buffer | undefined {
  if (bytes.byteLength < tagBytes || count > chunksMax) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, buildNonce(count, isLast), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(bytes.subarray(bytes.byteLength - tagBytes));
  const plain = decipher.update(bytes.subarray(0, bytes.byteLength - tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    // Any error: OpenSSL names no other cause than a tag that does not fit.
    return undefined;
  }
}

interface Chunk {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/**
 * Cuts the bytes into parts of one size, the first of another where that is set. The last part may be shorter, and is
 * there also where there are no bytes; a first part of another size is never the last.
 */
async function* splitChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  firstSize = 0,
): AsyncGenerator<Chunk> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  let wanted = firstSize === 0 ? size : firstSize;
  let isFirst = firstSize > 0;
  for await (const bytes of source) {
    waiting.push(bytes);
    length += bytes.byteLength;
    // One byte more shows that it is not the last.
    while (length > wanted || (isFirst && length === wanted)) {
      const all = Buffer.concat(waiting);
      yield { bytes: all.subarray(0, wanted), isLast: false };
      waiting = [all.subarray(wanted)];
      length -= wanted;
      wanted = size;
      isFirst = false;
    }
  }
  yield { bytes: Buffer.concat(waiting), isLast: true };
}
