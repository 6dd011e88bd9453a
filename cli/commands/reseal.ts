import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory, readEnvironment, StartError } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { openSecretBoxes } from '#server/secrets/secret-boxes.ts';

const embedded = 'embedded:';

/**
 * `heddle reseal [--discard]`: seals everything in the store with the current encryption key, while the mesh runs or is
 * stopped. Refuses where stored secrets open with no key at hand, unless `--discard` drops them.
 */
export async function reseal(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { discard: { type: 'boolean', default: false } },
  });
  const environment = readEnvironment(process.env);
  const log = createLog(environment.LOG_LEVEL);
  const [
    { checkEncryptionKey, recordEncryptionKey },
    { resealCredentials },
    { resealCompletionResults },
    { findAdminKeyForm, giveUpAdminKey },
  ] = await Promise.all([
    import('#mongo/encryption-check.ts'),
    import('#subgraphs/models/providers/reseal-credentials.ts'),
    import('#inference/ledger/results.ts'),
    import('#subgraphs/tenants/keys/admin-key-form.ts'),
  ]);
  const url = environment.MONGO_URL ?? `${embedded}${join(dataDirectory(environment), 'store')}`;
  await refuseMissingStore(url);
  const { secrets, payloads, pepper } = await openSecretBoxes(environment);
  await using database = await openStored(url);
  const { connection } = database;
  const { key, unreadable } = await checkEncryptionKey(connection, secrets);
  if ((key === 'OTHER' || unreadable > 0) && !values.discard) {
    throw new StartError(
      `${unreadable} stored provider keys are sealed with an encryption key that is not at hand: set it as HEDDLE_ENCRYPTION_KEY_PREVIOUS, or drop them with --discard`,
    );
  }
  const credentials = await resealCredentials(connection, secrets);
  const results = await resealCompletionResults(connection, payloads);
  const adminKey = await findAdminKeyForm(connection, pepper);
  if (adminKey === 'LOST' && values.discard) await giveUpAdminKey(connection);
  await recordEncryptionKey(connection, secrets);
  log.info({ event: 'reseal', keyId: secrets.keyId, ...credentials, results }, 'sealed with the current key');
  const left = credentials.unreadable === 0 ? '' : `; ${credentials.unreadable} are to be entered again`;
  console.log(
    `Sealed ${credentials.resealed} provider keys and ${results} kept completions with the key ${secrets.keyId}${left}.`,
  );
  if (adminKey !== 'CURRENT') console.log(adminKeyAdvice[adminKey]);
  return 0;
}

/** Its hash cannot be made anew without its text. */
const adminKeyAdvice = {
  PREVIOUS:
    'The chosen admin key is hashed with a previous key until it is next used, or Heddle starts with it as HEDDLE_ADMIN_KEY.',
  LOST: 'The chosen admin key was hashed with a key that is not at hand: start with a HEDDLE_ADMIN_KEY to get in again.',
};

/** A mistyped data directory must not pass for one in which everything is sealed. */
async function refuseMissingStore(url: string): Promise<void> {
  if (!url.startsWith(embedded)) return;
  const dir = url.slice(embedded.length);
  const { holdsStore } = await import('@heddle/embedded-store/backup');
  if (!(await holdsStore(dir)))
    throw new StartError(`${dir} holds no store: set HEDDLE_DATA_DIR to the directory of the mesh`);
}

/** The database; where another process runs the embedded store of the data directory, through that one's socket. */
async function openStored(url: string) {
  const [{ openDatabase }, { DirectoryInUse }, { storeSocketUri }] = await Promise.all([
    import('#mongo/connect.ts'),
    import('@heddle/embedded-store/lock'),
    import('@heddle/embedded-store'),
  ]);
  try {
    return await openDatabase(url);
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    return openDatabase(storeSocketUri(url.slice(embedded.length)));
  }
}
