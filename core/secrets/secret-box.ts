import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** What a sealed text belongs to, e.g. its collection and id: it opens with the same words only. */
export type SealContext = readonly string[];

/** Keeps texts unreadable at rest, and bound to their place. */
export interface SecretBox {
  /** Names the current key; it stands in every text that is sealed. */
  readonly keyId: string;
  /** Whether the box has the key of this name: the current one, or a previous one. */
  hasKey(keyId: string): boolean;
  /** The text, encrypted and authenticated, as one line of ASCII: `v2.<key id>.<base64url>`. Differs from call to call. */
  seal(text: string, context: SealContext): string;
  /**
   * The text that was sealed for this context. Throws when it was sealed with a key that the box does not have or for
   * another context, or was altered; the message holds no secret.
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
export type SealPurpose = 'secrets' | 'payloads';

export interface SecretBoxOptions {
  readonly purpose?: SealPurpose;
  /** Open what they sealed; nothing new is sealed with them. */
  readonly previous?: readonly Uint8Array[];
}

const keyBytes = 32;
const prefixBytes = 8;
const ivBytes = 12;
const tagBytes = 16;
const countMax = 0xffff_ffff;
/** Sealed bytes begin with the number of their form and the key id. */
const bytesForm = 2;
const keyIdBytes = 4;
const headBytes = 1 + keyIdBytes;

interface Key {
  readonly id: string;
  readonly derived: KeyObject;
  /** As configured: what older versions of Heddle sealed with. */
  readonly plain: KeyObject;
}

/** Identifies a key without revealing it: eight hex digits. */
export function encryptionKeyId(key: Uint8Array): string {
  return derive(key, 'key id', 4).toString('hex');
}

/** AES-256-GCM. A key is 32 bytes; anything else throws. */
export function createSecretBox(key: Uint8Array, options: SecretBoxOptions = {}): SecretBox {
  const { purpose = 'secrets', previous = [] } = options;
  const current = toKey(key, purpose);
  const keys = [current, ...previous.map((other) => toKey(other, purpose))];
  const begin = `v2.${current.id}.`;
  const head = Buffer.from([bytesForm, ...Buffer.from(current.id, 'hex')]);
  const nextIv = createIvs();

  function openFirstForm(bytes: Buffer): string {
    for (const { plain } of keys) {
      const text = decrypt(plain, bytes, undefined);
      if (text !== undefined) return text;
    }
    throw cannotOpen();
  }

  function encrypt(text: string, context: SealContext): readonly Buffer[] {
    const iv = nextIv();
    const cipher = createCipheriv('aes-256-gcm', current.derived, iv, { authTagLength: tagBytes });
    cipher.setAAD(toAad(context));
    const sealed = cipher.update(text, 'utf8');
    cipher.final();
    return [iv, cipher.getAuthTag(), sealed];
  }

  function openBytes(bytes: Buffer, context: SealContext): string {
    if (bytes[0] !== bytesForm) throw notSealed();
    const keyId = bytes.subarray(1, headBytes).toString('hex');
    return openWith(keyId, bytes.subarray(headBytes), context);
  }

  function openWith(keyId: string | undefined, bytes: Buffer, context: SealContext): string {
    const found = keys.find(({ id }) => id === keyId);
    const text = found && decrypt(found.derived, checkedLength(bytes), toAad(context));
    if (text === undefined) throw cannotOpen();
    return text;
  }

  return {
    keyId: current.id,
    hasKey: (keyId) => keys.some(({ id }) => id === keyId),
    seal: (text, context) => begin + Buffer.concat(encrypt(text, context)).toString('base64url'),
    sealToBytes: (text, context) => Buffer.concat([head, ...encrypt(text, context)]),
    open(sealed, context) {
      if (typeof sealed !== 'string') return openBytes(Buffer.from(sealed), context);
      const [version, ...parts] = sealed.split('.', 4);
      const isFirst = version === 'v1' && parts.length === 1 && purpose === 'secrets';
      if (!isFirst && (version !== 'v2' || parts.length !== 2)) throw notSealed();
      const bytes = Buffer.from(parts.at(-1) ?? '', 'base64url');
      return isFirst ? openFirstForm(checkedLength(bytes)) : openWith(parts[0], bytes, context);
    },
    isCurrent: (sealed) =>
      typeof sealed === 'string'
        ? sealed.startsWith(begin)
        : head.equals(Buffer.from(sealed).subarray(0, headBytes)),
  };
}

function notSealed(): Error {
  return new Error('The text was not sealed by this program.');
}

function checkedLength(bytes: Buffer): Buffer {
  if (bytes.byteLength < ivBytes + tagBytes) throw new Error('The sealed text is cut short.');
  return bytes;
}

function cannotOpen(): Error {
  return new Error(
    'The sealed text cannot be opened: it was altered or moved, or sealed with another encryption key.',
  );
}

function toKey(key: Uint8Array, purpose: SealPurpose): Key {
  if (key.byteLength !== keyBytes) throw new Error('The encryption key must have 32 bytes.');
  return {
    id: encryptionKeyId(key),
    derived: createSecretKey(derive(key, purpose, keyBytes)),
    plain: createSecretKey(key),
  };
}

function derive(key: Uint8Array, name: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `heddle ${name}`, bytes));
}

/** The words of a context cannot be read as those of another one. */
function toAad(context: SealContext): Buffer {
  return Buffer.from(JSON.stringify(context));
}

/** Undefined: another key, another context, or altered. */
function decrypt(key: KeyObject, bytes: Buffer, aad: Buffer | undefined): string | undefined {
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
