import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Aead, CannotOpen, createAead, decrypt, deriveKey, keyBytes, type SealContext } from './aead.ts';

export { CannotOpen, type SealContext } from './aead.ts';

/** Keeps texts unreadable at rest, and bound to their place. */
export interface SecretBox {
  /** The text, encrypted and authenticated, as one line of ASCII: `v2.<key id>.<base64url>`. Differs from call to call. */
  seal(text: string, context: SealContext): string;
  /**
   * The text that was sealed for this context. Throws when it was sealed with a key that the box does not have or for
   * another context, or was altered (CannotOpen); the message holds no secret.
   */
  open(sealed: Sealed, context: SealContext): string;
  /** As `seal`, in bytes: for what is large or sealed often. */
  sealToBytes(text: string, context: SealContext): Buffer;
  /** Whether it is sealed with the current key in the current form. */
  isCurrent(sealed: Sealed): boolean;
}

/** What `seal` or `sealToBytes` returns. */
export type Sealed = string | Uint8Array;

/** What the box seals. Each purpose has a key of its own, derived from the one key. */
export type SealPurpose = 'secrets' | 'payloads' | 'data keys';

export interface SecretBoxOptions {
  readonly purpose?: SealPurpose;
  /** Open what they sealed; nothing new is sealed with them. */
  readonly previous?: readonly Uint8Array[];
}

/** Sealed bytes begin with the number of their form and the key id. */
const bytesForm = 2;
const keyIdBytes = 4;
const headBytes = 1 + keyIdBytes;

interface Key {
  readonly id: string;
  readonly aead: Aead;
  /** As configured: what older versions of Heddle sealed with. */
  readonly plain: KeyObject;
}

/** Identifies a key without revealing it: eight hex digits. */
export function encryptionKeyId(key: Uint8Array): string {
  return deriveKey(key, 'key id', keyIdBytes).toString('hex');
}

/** AES-256-GCM. A key is 32 bytes; anything else throws. The name of the current key stands in every text that is sealed. */
export function createSecretBox(
  key: Uint8Array,
  options: SecretBoxOptions = {},
): SecretBox & { readonly keyId: string } {
  const { purpose = 'secrets', previous = [] } = options;
  const current = toKey(key, purpose);
  const keys = [current, ...previous.map((other) => toKey(other, purpose))];
  const begin = `v2.${current.id}.`;
  const head = Buffer.from([bytesForm, ...Buffer.from(current.id, 'hex')]);

  function openFirstForm(bytes: Buffer): string {
    for (const { plain } of keys) {
      const text = decrypt(plain, bytes, undefined);
      if (text !== undefined) return text;
    }
    throw cannotOpen();
  }

  function openBytes(bytes: Buffer, context: SealContext): string {
    if (bytes[0] !== bytesForm) throw notSealed();
    const keyId = bytes.subarray(1, headBytes).toString('hex');
    return openWith(keyId, bytes.subarray(headBytes), context);
  }

  function openWith(keyId: string | undefined, bytes: Buffer, context: SealContext): string {
    const text = keys.find(({ id }) => id === keyId)?.aead.decrypt(bytes, context);
    if (text === undefined) throw cannotOpen();
    return text;
  }

  return {
    keyId: current.id,
    seal: (text, context) => begin + Buffer.concat(current.aead.encrypt(text, context)).toString('base64url'),
    sealToBytes: (text, context) => Buffer.concat([head, ...current.aead.encrypt(text, context)]),
    open(sealed, context) {
      if (typeof sealed !== 'string') return openBytes(Buffer.from(sealed), context);
      const [version, ...parts] = sealed.split('.', 4);
      const isFirst = version === 'v1' && parts.length === 1 && purpose === 'secrets';
      if (!isFirst && (version !== 'v2' || parts.length !== 2)) throw notSealed();
      const bytes = Buffer.from(parts.at(-1) ?? '', 'base64url');
      return isFirst ? openFirstForm(bytes) : openWith(parts[0], bytes, context);
    },
    isCurrent: (sealed) =>
      typeof sealed === 'string'
        ? sealed.startsWith(begin)
        : head.equals(Buffer.from(sealed).subarray(0, headBytes)),
  };
}

function notSealed(): Error {
  return new CannotOpen('The text was not sealed by this program.');
}

/** What `open` throws where nothing more is known. */
export function cannotOpen(): Error {
  return new CannotOpen(
    'The sealed text cannot be opened: it was altered or moved, or sealed with another encryption key.',
  );
}

function toKey(key: Uint8Array, purpose: SealPurpose): Key {
  if (key.byteLength !== keyBytes) throw new Error('The encryption key must have 32 bytes.');
  return {
    id: encryptionKeyId(key),
    aead: createAead(createSecretKey(deriveKey(key, purpose))),
    plain: createSecretKey(key),
  };
}
