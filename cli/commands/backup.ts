import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findSecretWeakness } from '#core/secrets/secret-strength.ts';
import type { Database } from '#mongo/connect.ts';
import { dataDirectory, type Environment, readEnvironment, StartError } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import { checkSecrets, reportWeakSecrets } from '#server/secrets/check-secrets.ts';
import { readEncryptionKeys } from '#server/secrets/encryption-key.ts';
import { openDirectoryBeside, StoreElsewhere } from '../open-store.ts';
import { type OperatorCommand, recordCommand } from '../record-command.ts';
import { usageError } from '../usage.ts';

const passphraseCharactersMin = 12;
const passphraseBytesMax = 64 * 1024;

/** `heddle backup <file>`: copies the embedded store of the data directory while it runs; with `--encrypt` encrypted. */
export async function backup(args: readonly string[]): Promise<number> {
  const { file, dir, environment, passphraseFile, encrypt } = parse('backup', args);
  const { backupDirectory } = await import('@heddle/embedded-store/backup');
  const arguments_ = { directory: resolve(dir), file: resolve(file) };
  if (!encrypt && passphraseFile === undefined) {
    const command = { ...backupTarget, arguments: { ...arguments_, encrypted: false } };
    await recordInStore(dir, command, () => backupDirectory(dir, file));
    console.log(
      `${file} holds the store of ${dir}. Keep the encryption key with it: provider keys are sealed.`,
    );
    return 0;
  }
  const { encryptBackup } = await import('../backup-cipher.ts');
  const secret =
    passphraseFile === undefined
      ? { key: await currentKey(environment) }
      : { passphrase: checkedPassphrase(await readPassphrase(passphraseFile), passphraseFile) };
  const command = { ...backupTarget, arguments: { ...arguments_, encrypted: true } };
  await recordInStore(dir, command, () =>
    backupDirectory(dir, file, (bytes) => encryptBackup(bytes, secret)),
  );
  const opens = passphraseFile === undefined ? 'the encryption key' : 'the passphrase';
  console.log(
    `${file} holds the store of ${dir}, encrypted. Only ${opens} opens it: keep that apart, with the encryption key of the provider keys.`,
  );
  return 0;
}

/** `heddle restore <file>`: fills an empty data directory from a copy, encrypted or not. */
export async function restore(args: readonly string[]): Promise<number> {
  const { file, dir, environment, passphraseFile } = parse('restore', args);
  const { restoreDirectory } = await import('@heddle/embedded-store/backup');
  const { decryptBackup, isEncryptedBackup } = await import('../backup-cipher.ts');
  const command = { ...restoreTarget, arguments: { directory: resolve(dir), file: resolve(file) } };
  // In the copy, before it takes its place: no kill leaves a restored store without the record.
  const record = (prepared: string) => recordInStore(prepared, command, async () => {});
  if (isEncryptedBackup(await readBegin(file))) {
    const passphrase = passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile);
    const secrets = { keys: await readEncryptionKeys(environment), passphrase };
    await restoreDirectory(file, dir, (bytes) => decryptBackup(bytes, secrets), record);
  } else await restoreDirectory(file, dir, undefined, record);
  console.log(`${dir} holds the store of ${file}.`);
  return 0;
}

const backupTarget = { action: 'store.backup', targetType: 'Store', targetId: 'mesh' };
const restoreTarget = { ...backupTarget, action: 'store.restore' };

/**
 * Runs the command with a record in the audit log of the store in the directory. Where another process serves that store without
 * a socket beside it, as `heddle store` does, the command runs without a record, and a line of the log states so.
 */
async function recordInStore(dir: string, command: OperatorCommand, run: () => Promise<void>): Promise<void> {
  await using database = await openOrReport(dir, command.action);
  const runWithoutState = async () => {
    await run();
    return null;
  };
  if (database === null) await run();
  else await recordCommand(database.connection, command, runWithoutState);
}

async function openOrReport(dir: string, action: string): Promise<Database | null> {
  try {
    return await openDirectoryBeside(dir);
  } catch (err) {
    if (!(err instanceof StoreElsewhere)) throw err;
    const log = createLog(readEnvironment(process.env).LOG_LEVEL);
    log.warn(
      { event: 'audit_failed', action, err: err.cause },
      `${err.message}: the command is not recorded`,
    );
    return null;
  }
}

function parse(command: 'backup' | 'restore', args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      'passphrase-file': { type: 'string' },
      ...(command === 'backup' ? { encrypt: { type: 'boolean' as const, default: false } } : {}),
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw usageError(command);
  }
  const environment = readEnvironment(process.env);
  return {
    file,
    dir: values.dir ?? join(dataDirectory(environment), 'store'),
    environment,
    passphraseFile: values['passphrase-file'],
    encrypt: values.encrypt === true,
  };
}

async function currentKey(environment: Environment): Promise<Uint8Array> {
  reportWeakSecrets(checkSecrets(environment, ['HEDDLE_ENCRYPTION_KEY']), createLog(environment.LOG_LEVEL));
  const [key] = await readEncryptionKeys(environment);
  if (key !== undefined) return key;
  throw new StartError(
    '--encrypt: there is no encryption key: set HEDDLE_ENCRYPTION_KEY, or name a file with a passphrase by --passphrase-file',
  );
}

/** The text of the file without the line break at its end. */
async function readPassphrase(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(
      `--passphrase-file ${file}: cannot be read: ${error.code}; name a file that this user may read`,
    );
  });
  if (text.length > passphraseBytesMax)
    throw new StartError(`--passphrase-file ${file}: must have at most ${passphraseBytesMax} bytes`);
  return text.replace(/\r?\n$/, '');
}

function checkedPassphrase(passphrase: string, file: string): string {
  if (passphrase.length < passphraseCharactersMin) {
    throw new StartError(
      `--passphrase-file ${file}: a passphrase must have ${passphraseCharactersMin} characters or more`,
    );
  }
  if (findSecretWeakness(passphrase) !== null) {
    throw new StartError(`--passphrase-file ${file}: the passphrase could be guessed; choose another one`);
  }
  return passphrase;
}

/** Empty for a file that cannot be read: restoring it states why. */
async function readBegin(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    // Any error: the same file is opened again, and that failure is reported.
    return new Uint8Array();
  }
}
