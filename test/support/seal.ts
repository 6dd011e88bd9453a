import { createSecretBox } from '#core/secrets/secret-box.ts';

const key = new Uint8Array(32);

/** Seals provider keys in tests, always with the same key. */
export const testSecrets = createSecretBox(key);
/** Seals payloads in tests, always with the same key. */
export const testPayloads = createSecretBox(key, { purpose: 'payloads' });
