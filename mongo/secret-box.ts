import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;

/** Keeps secrets unreadable at rest. */
export interface SecretBox {
  /** The text, encrypted and authenticated, as one line of ASCII; differs from call to call. */
  seal(text: string): string;
  /** The text that was sealed. Throws when it was sealed with another key or altered; the message holds no secret. */
  open(sealed: string): string;
}

/** AES-256-GCM with a random 96-bit nonce per text. `key` is 32 bytes; anything else throws. */
export function createSecretBox(key: Uint8Array): SecretBox {
  if (key.byteLength !== 32) throw new Error('The encryption key must have 32 bytes.');
  return {
    seal(text) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${version}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    open(sealed) {
      const [name, body, ...rest] = sealed.split('.');
      if (name !== version || body === undefined || rest.length > 0) {
        throw new Error('The secret was not sealed by this program.');
      }
      const bytes = Buffer.from(body, 'base64url');
      if (bytes.byteLength < ivBytes + tagBytes) throw new Error('The sealed secret is cut short.');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        return (
          decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch (cause) {
        throw new Error(
          'The sealed secret cannot be opened: it was altered, or sealed with another encryption key.',
          {
            cause,
          },
        );
      }
    },
  };
}
