import { createSecretKey, randomBytes } from 'node:crypto';
import { createAead, deriveKey, keyBytes } from './aead.ts';
import { cannotOpen, type Sealed, type SealPurpose, type SecretBox } from './secret-box.ts';

/** The sealed forms of data keys: `v3.<key id>.<base64url>`, or bytes that begin with the number and the key id. */
const begin = 'v3.';
const bytesForm = 3;
const idBytes = 8;
const headBytes = 1 + idBytes;
const textHead = begin.length + 2 * idBytes + 1;
const idForm = /^[0-9a-f]{16}$/;

/** A data key that is not wrapped: only in memory. */
export interface DataKey {
  /** 16 random hex digits, which stand in every text that is sealed with it. */
  readonly id: string;
  readonly key: Uint8Array;
}

/** A new data key. */
export function makeDataKey(): DataKey {
  return { id: randomBytes(idBytes).toString('hex'), key: randomBytes(keyBytes) };
}

/** The id of the data key that it is sealed with; undefined: with none, as by older versions of Heddle. */
export function readDataKeyId(sealed: Sealed): string | undefined {
  if (typeof sealed === 'string') {
    if (!sealed.startsWith(begin) || sealed[textHead - 1] !== '.') return undefined;
    const id = sealed.slice(begin.length, textHead - 1);
    return idForm.test(id) ? id : undefined;
  }
  if (sealed[0] !== bytesForm || sealed.byteLength < headBytes) return undefined;
  return Buffer.from(sealed.buffer, sealed.byteOffset + 1, idBytes).toString('hex');
}

/** Adds the id of the data key that it is sealed with. */
export function addDataKeyId(ids: Set<string>, sealed: Sealed): void {
  const id = readDataKeyId(sealed);
  if (id !== undefined) ids.add(id);
}

/** A box that seals with one data key (AES-256-GCM), and opens what that key has sealed for the purpose. */
export function createDataBox({ id, key }: DataKey, purpose: SealPurpose): SecretBox {
  if (key.byteLength !== keyBytes) throw new Error('A data key must have 32 bytes.');
  const aead = createAead(createSecretKey(deriveKey(key, `data ${purpose}`)));
  const text = `${begin}${id}.`;
  const head = Buffer.from([bytesForm, ...Buffer.from(id, 'hex')]);
  const isOurs = (sealed: Sealed) => readDataKeyId(sealed) === id;
  return {
    seal: (given, context) => text + Buffer.concat(aead.encrypt(given, context)).toString('base64url'),
    sealToBytes: (given, context) => Buffer.concat([head, ...aead.encrypt(given, context)]),
    open(sealed, context) {
      if (!isOurs(sealed)) throw cannotOpen();
      const bytes =
        typeof sealed === 'string'
          ? Buffer.from(sealed.slice(textHead), 'base64url')
          : Buffer.from(sealed.buffer, sealed.byteOffset + headBytes, sealed.byteLength - headBytes);
      const opened = aead.decrypt(bytes, context);
      if (opened === undefined) throw cannotOpen();
      return opened;
    },
    isCurrent: isOurs,
  };
}
