import type { Connection } from 'mongoose';
import { compareEncryptionKey } from '#mongo/encryption-check.ts';
import type { Keyring } from '#mongo/keyring/keyring.ts';
import type { Environment } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { readEncryptionKeys } from '#server/secrets/encryption-key.ts';
import { openKeyring, openOperatorKeys } from '#server/secrets/secret-boxes.ts';
import type { Diagnosis } from './diagnosis.ts';
import { createFindings, type DoctorFinding, describeError } from './finding.ts';

const { ok, warning, failed } = createFindings('store');

const restore =
  'Restore HEDDLE_ENCRYPTION_KEY, encryption.key or HEDDLE_ROOT_KEY; only if the key is lost, run "heddle reseal --discard".';

/** Opens what is sealed in the store with the keys at hand; makes no key. Undefined: there is none. */
export async function openKeysAtHand(
  environment: Environment,
  connection: Connection,
  opened: AsyncDisposableStack,
): Promise<Keyring | undefined> {
  const [key] = await readEncryptionKeys(environment);
  if (key === undefined && environment.HEDDLE_ROOT_KEY === undefined) return undefined;
  const HEDDLE_ENCRYPTION_KEY = key === undefined ? undefined : Buffer.from(key).toString('hex');
  const keys = opened.use(await openOperatorKeys({ ...environment, HEDDLE_ENCRYPTION_KEY }));
  return opened.use(await openKeyring(connection, keys, createLog('silent')));
}

/** Whether the keys at hand open what the store has sealed. */
export async function checkEncryption(
  { environment }: Diagnosis,
  connection: Connection,
): Promise<readonly DoctorFinding[]> {
  await using opened = new AsyncDisposableStack();
  try {
    const keyring = await openKeysAtHand(environment, connection, opened);
    if (keyring === undefined)
      return [failed('there is no encryption key for what the store has sealed', restore)];
    const { key, unreadable } = await compareEncryptionKey(connection, keyring);
    if (key === 'OTHER') return [failed('the encryption key is not that of the store', restore)];
    if (unreadable > 0) return [failed(`${unreadable} credentials of providers cannot be opened`, restore)];
    return key === 'PREVIOUS'
      ? [warning('what is stored is sealed with a previous key', 'Run "heddle keys rotate".')]
      : [ok('the encryption key opens what is sealed')];
  } catch (error) {
    return [failed(`the root key cannot be used: ${describeError(error)}`, restore)];
  }
}
