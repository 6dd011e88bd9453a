import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory, type Environment, StartError } from '../config.ts';
import { removeDrafts, writePrivateFile } from './write-private-file.ts';

const keyBytes = 32;

/** A key as 64 hex digits or as base64. */
export function decodeEncryptionKey(text: string): Buffer {
  return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
}

/**
 * The key that provider secrets are encrypted with: the configured one, or the one in `<dir>/encryption.key`, which is made
 * with mode 0600 when there is none. A key file that others may read, or that is damaged, is refused.
 */
export async function encryptionKey(given: string | undefined, dir: string): Promise<Uint8Array> {
  if (given !== undefined) return decodeEncryptionKey(given);
  const file = join(dir, 'encryption.key');
  await removeDrafts(file);
  return checkedKey(file, (await readIfThere(file)) ?? (await make(file)));
}

/** Every encryption key that is at hand, the current one first: configured, of the data directory, former ones. Makes none. */
export async function readEncryptionKeys(environment: Environment): Promise<readonly Uint8Array[]> {
  const { HEDDLE_ENCRYPTION_KEY: given } = environment;
  const file = join(dataDirectory(environment), 'encryption.key');
  const text = await readIfThere(file);
  return [
    ...(given === undefined ? [] : [decodeEncryptionKey(given)]),
    ...(text === undefined ? [] : [await checkedKey(file, text)]),
    ...previousKeys(environment),
  ];
}

/** The keys of HEDDLE_ENCRYPTION_KEY_PREVIOUS. */
export function previousKeys({
  HEDDLE_ENCRYPTION_KEY_PREVIOUS: previous = '',
}: Environment): readonly Uint8Array[] {
  return previous
    .split(',')
    .filter((text) => text.trim() !== '')
    .map((text) => decodeEncryptionKey(text.trim()));
}

async function checkedKey(file: string, text: string): Promise<Uint8Array> {
  const key = decodeEncryptionKey(text.trim());
  if (key.byteLength !== keyBytes) {
    throw new StartError(`${file} is damaged: it must hold 64 hex digits; put the right file back`);
  }
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new StartError(`${file} may be read by others; run: chmod 600 ${file}`);
  }
  return key;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function make(file: string): Promise<string> {
  await writePrivateFile(file, `${randomBytes(keyBytes).toString('hex')}\n`);
  return readFile(file, 'utf8');
}
