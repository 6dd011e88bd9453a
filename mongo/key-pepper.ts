import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { encryptionKeyId } from '#core/secrets/secret-box.ts';

/**
 * Hashes the admin key that an operator has chosen: HMAC-SHA-256 over the SHA-256 of its text, with a key derived from the
 * encryption key. A text that could be guessed cannot be looked for in a copy of the database alone. Keys that Heddle makes
 * have 256 random bits; their plain SHA-256 withstands the same search, and depends on no other secret.
 */
export interface KeyPepper {
  /** What is stored of the key with this SHA-256 (hex): `v2.<key id>.<hex>`. */
  hash(digest: string): string;
  /** Every form in which the key with this SHA-256 may be stored: with the current key, with previous ones, plain. */
  forms(digest: string): readonly string[];
  /** Whether a stored hash is in the form that `hash` returns, or plain. */
  isCurrent(stored: string): boolean;
  /** Whether a stored hash can be compared with anything here: plain, or made with a key at hand. */
  isReadable(stored: string): boolean;
}

const digestForm = /^[0-9a-f]{64}$/;

/** A stored hash of another form is never taken for the SHA-256 of a key. */
function plainForms(digest: string): readonly string[] {
  return digestForm.test(digest) ? [digest] : [];
}

/** @param previous former encryption keys: what they hashed is still found */
export function createKeyPepper(key: Uint8Array, previous: readonly Uint8Array[] = []): KeyPepper {
  const peppers = [key, ...previous].map((bytes) => ({
    begin: `v2.${encryptionKeyId(bytes)}.`,
    secret: createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', 'heddle api keys', 32))),
  }));
  const hashWith = ({ begin, secret }: (typeof peppers)[number], digest: string) =>
    begin + createHmac('sha256', secret).update(digest).digest('hex');
  const [current] = peppers;
  if (current === undefined) throw new Error('There is no encryption key.');
  return {
    hash: (digest) => hashWith(current, digest),
    forms: (digest) => [...peppers.map((pepper) => hashWith(pepper, digest)), ...plainForms(digest)],
    isCurrent: (stored) => digestForm.test(stored) || stored.startsWith(current.begin),
    isReadable: (stored) => digestForm.test(stored) || peppers.some(({ begin }) => stored.startsWith(begin)),
  };
}

/** Where the encryption key is not certainly that of every process: plain SHA-256. */
export const noPepper: KeyPepper = {
  hash: (digest) => digest,
  forms: plainForms,
  isCurrent: (stored) => digestForm.test(stored),
  isReadable: (stored) => digestForm.test(stored),
};
