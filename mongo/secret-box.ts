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
  open(sealed: string, context: SealContext): string;
  /** Whether it is sealed with the current key in the current form. */
  isCurrent(sealed: string): boolean;
}

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

interface Key {
  readonly id: string;
  readonly derived: KeyObject;
  /** As given: what older versions of Heddle sealed with. */
  readonly plain: KeyObject;
}

/** Names a key without giving it away: eight hex digits. */
export function encryptionKeyId(key: Uint8Array): string {
  return derive(key, 'key id', 4).toString('hex');
}

/** AES-256-GCM. A key is 32 bytes; anything else throws. */
export function createSecretBox(key: Uint8Array, options: SecretBoxOptions = {}): SecretBox {
  const { purpose = 'secrets', previous = [] } = options;
  const current = toKey(key, purpose);
  const keys = [current, ...previous.map((other) => toKey(other, purpose))];
  const begin = `v2.${current.id}.`;
  const nextIv = createIvs();

  function openFirstForm(bytes: Buffer): string {
    for (const { plain } of keys) {
      const text = decrypt(plain, bytes, undefined);
      if (text !== undefined) return text;
    }
    throw cannotOpen();
  }

  return {
    keyId: current.id,
    hasKey: (keyId) => keys.some(({ id }) => id === keyId),
    seal(text, context) {
      const iv = nextIv();
      const cipher = createCipheriv('aes-256-gcm', current.derived, iv, { authTagLength: tagBytes });
      cipher.setAAD(toAad(context));
      const sealed = cipher.update(text, 'utf8');
      cipher.final();
      return begin + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(sealed, context) {
      const [version, ...parts] = sealed.split('.', 4);
      const isFirst = version === 'v1' && parts.length === 1 && purpose === 'secrets';
      if (!isFirst && (version !== 'v2' || parts.length !== 2)) {
        throw new Error('The text was not sealed by this program.');
      }
      const bytes = Buffer.from(parts.at(-1) ?? '', 'base64url');
      if (bytes.byteLength < ivBytes + tagBytes) throw new Error('The sealed text is cut short.');
      if (isFirst) return openFirstForm(bytes);
      const found = keys.find(({ id }) => id === parts[0]);
      const text = found && decrypt(found.derived, bytes, toAad(context));
      if (text === undefined) throw cannotOpen();
      return text;
    },
    isCurrent: (sealed) => sealed.startsWith(begin),
  };
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
