import { type RootKey, RootKeyFailure } from './root-key.ts';
import { createSecretBox } from './secret-box.ts';

/** A root key that this process holds itself: 32 bytes of a variable or a file, AES-256-GCM. */
export function createLocalRootKey(key: Uint8Array): RootKey {
  const box = createSecretBox(key, { purpose: 'data keys' });
  return {
    id: box.keyId,
    wrap: async (dataKey, context) => box.seal(Buffer.from(dataKey).toString('base64'), context),
    async unwrap(wrapped, context) {
      try {
        return Buffer.from(box.open(wrapped, context), 'base64');
      } catch (cause) {
        // Any error: the box throws for what it did not seal.
        throw new RootKeyFailure('REFUSED', 'The encryption key does not unwrap this data key.', { cause });
      }
    },
  };
}
