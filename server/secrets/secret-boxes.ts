import type { SecretBox } from '#core/secrets/secret-box.ts';
import type { KeyPepper } from '#mongo/key-pepper.ts';
import { dataDirectory, type Environment } from '../config.ts';
import { encryptionKey, previousKeys } from './encryption-key.ts';

/** What a process seals with. */
export interface SecretBoxes {
  /** For the keys of providers. */
  readonly secrets: SecretBox;
  /** For what clients and AI models write. */
  readonly payloads: SecretBox;
  /** For the admin key that an operator has chosen. */
  readonly pepper: KeyPepper;
}

/** Makes both boxes from HEDDLE_ENCRYPTION_KEY, or the key file of the data directory, and HEDDLE_ENCRYPTION_KEY_PREVIOUS. */
export async function openSecretBoxes(environment: Environment): Promise<SecretBoxes> {
  const [{ createSecretBox }, { createKeyPepper }] = await Promise.all([
    import('#core/secrets/secret-box.ts'),
    import('#mongo/key-pepper.ts'),
  ]);
  const key = await encryptionKey(environment.HEDDLE_ENCRYPTION_KEY, dataDirectory(environment));
  const previous = previousKeys(environment);
  return {
    secrets: createSecretBox(key, { previous, purpose: 'secrets' }),
    payloads: createSecretBox(key, { previous, purpose: 'payloads' }),
    pepper: createKeyPepper(key, previous),
  };
}
