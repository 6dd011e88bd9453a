import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { RootKeyFailure } from '#core/secrets/root-key.ts';
import type { SecretBox } from '#core/secrets/secret-box.ts';
import type { KeyPepper } from '#mongo/key-pepper.ts';
import type { RootKeys } from '#mongo/keyring/data-keys.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import type { Bus } from '#state/bus/bus.ts';
import { dataDirectory, type Environment, StartError } from '../config.ts';
import { openServiceRootKeys } from '../root-keys/open-root-keys.ts';
import { encryptionKey, previousKeys, readEncryptionKeys } from './encryption-key.ts';

/** The keys that the operator of a process has chosen. Disposing closes the connections to their services. */
export interface OperatorKeys extends AsyncDisposable {
  /** They wrap the data keys that everything stored is sealed with. */
  readonly roots: RootKeys;
  /** They open what was sealed before there were data keys; undefined: there is no encryption key at hand. */
  readonly older: Readonly<Record<'secrets' | 'payloads', SecretBox>> | undefined;
  /** For the admin key that an operator has chosen. */
  readonly pepper: KeyPepper;
}

/**
 * HEDDLE_ROOT_KEY, or HEDDLE_ENCRYPTION_KEY, or the key file of the data directory, which is made where nothing else is set; and those
 * that were one of these before.
 */
export async function openOperatorKeys(environment: Environment): Promise<OperatorKeys> {
  const [{ createSecretBox }, { createLocalRootKey }, { createKeyPepper, noPepper }] = await Promise.all([
    import('#core/secrets/secret-box.ts'),
    import('#core/secrets/local-root-key.ts'),
    import('#mongo/key-pepper.ts'),
  ]);
  await using opened = new AsyncDisposableStack();
  const services = opened.use(await openServiceRootKeys(environment));
  const [key, ...previous] =
    services.current === undefined
      ? [
          await encryptionKey(environment.HEDDLE_ENCRYPTION_KEY, dataDirectory(environment)),
          ...previousKeys(environment),
        ]
      : await readEncryptionKeys(environment);
  const local = key === undefined ? [] : [key, ...previous].map(createLocalRootKey);
  const [root, ...former] = [...(services.current === undefined ? [] : [services.current]), ...local];
  if (root === undefined) throw new StartError('There is no root key.');
  const resources = opened.move();
  return {
    roots: [root, ...former, ...services.previous],
    older:
      key === undefined
        ? undefined
        : {
            secrets: createSecretBox(key, { previous, purpose: 'secrets' }),
            payloads: createSecretBox(key, { previous, purpose: 'payloads' }),
          },
    pepper: key === undefined ? noPepper : createKeyPepper(key, previous),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Opens the data keys of the store. */
export async function openKeyring(
  connection: Connection,
  { roots, older }: Pick<OperatorKeys, 'roots' | 'older'>,
  log: Logger,
  now?: () => number,
): Promise<Keyring> {
  const { Keyring } = await import('#mongo/keyring/keyring.ts');
  return new Keyring({
    ...{ connection, roots, log },
    ...(older === undefined ? {} : { older }),
    ...(now === undefined ? {} : { now }),
  });
}

/** Notifies the other processes of keys that are destroyed in this one, and forgets those that are destroyed in another. */
export async function shareDestroyedKeys(
  connection: Connection,
  keyring: Pick<Keyring, 'forget'>,
  bus: Bus,
): Promise<AsyncDisposable> {
  const { onKeyDestroyed } = await import('#mongo/tenant-keys.ts');
  await using opened = new AsyncDisposableStack();
  opened.use(await bus.subscribe('keys.destroyed', ({ tenantId }) => keyring.forget(tenantId)));
  opened.use(onKeyDestroyed(connection, (tenantId) => bus.publish('keys.destroyed', { tenantId })));
  return opened.move();
}

/**
 * Reports a root key that is not the one the store needs; otherwise makes sure that the mesh's own data key can be used.
 * Rejects with StartError where the root key cannot be reached.
 */
export async function checkRootKey(connection: Connection, keyring: Keyring, log: Logger): Promise<void> {
  const { checkEncryptionKey } = await import('#mongo/encryption-check.ts');
  try {
    const { key, unreadable } = await checkEncryptionKey(connection, keyring);
    const about = { event: 'encryption_key', key, unreadable };
    if (key === 'OTHER' || unreadable > 0) log.error(about, otherKeyMessage);
    else if (key === 'PREVIOUS') {
      log.warn(about, 'what is stored is sealed with a previous encryption key: run `heddle keys rotate`');
    }
    if (key !== 'OTHER') await keyring.secrets.of(meshOwner);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const { message } = error.cause instanceof RootKeyFailure ? error.cause : error;
    throw new StartError(`the data key of the mesh cannot be unwrapped: ${message}`, { cause: error });
  }
}

const otherKeyMessage =
  'the encryption key is not the one that stored provider keys are sealed with: calls that need them fail, and no other key can be stored; restore HEDDLE_ENCRYPTION_KEY or encryption.key, or drop the keys with `heddle reseal --discard`';
