import type { Connection } from 'mongoose';
import { pino } from 'pino';
import { createLocalRootKey } from '#core/secrets/local-root-key.ts';
import type { StreamBoxes } from '#core/secrets/owner-boxes.ts';
import { createSecretBox, type SecretBox } from '#core/secrets/secret-box.ts';
import { Keyring } from '#mongo/keyring/keyring.ts';

const key = new Uint8Array(32);

/** One key for all owners, where no store is open that would hold a key of each. */
function toOwnerBoxes(box: SecretBox): SecretBox & StreamBoxes {
  return { ...box, of: () => box, findOpener: () => box };
}

/** Seals provider keys in tests, always with the same key. */
export const testSecrets = toOwnerBoxes(createSecretBox(key));
/** Seals payloads in tests, always with the same key. */
export const testPayloads = toOwnerBoxes(createSecretBox(key, { purpose: 'payloads' }));

/** The data keys of a store under this encryption key, which also opens what was sealed before there were data keys. */
export function openTestKeyring(
  connection: Connection,
  encryptionKey: Uint8Array,
  { previous = [], now }: { readonly previous?: readonly Uint8Array[]; readonly now?: () => number } = {},
): Keyring {
  return new Keyring({
    connection,
    roots: [createLocalRootKey(encryptionKey), ...previous.map(createLocalRootKey)],
    older: {
      secrets: createSecretBox(encryptionKey, { previous, purpose: 'secrets' }),
      payloads: createSecretBox(encryptionKey, { previous, purpose: 'payloads' }),
    },
    log: pino({ level: 'silent' }),
    ...(now === undefined ? {} : { now }),
  });
}
