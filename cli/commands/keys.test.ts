import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { isSignedBy, openAuditSigner, readAuditKeys } from '#mongo/audit/keys.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { checkEncryptionKey } from '#mongo/encryption-check.ts';
import { issuers } from '#mongo/issuers.ts';
import { tenantKeys } from '#mongo/tenant-keys.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { runKeysCommand } from './keys.ts';

const [former, current, other] = [randomBytes(32), randomBytes(32), randomBytes(32)];
let dir: string;
let database: Database;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-keys-'));
  database = await openDatabase(`embedded:${join(dir, 'store')}`);
  await ensureIndexes(database.connection);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await database?.close();
  await rm(dir, { recursive: true, force: true });
});

/** The boxes of a process with this encryption key; what is sealed before data keys is opened by it alone. */
function openBoxes(encryptionKey: Uint8Array) {
  return openTestKeyring(database.connection, encryptionKey);
}

async function rotate(...args: readonly string[]): Promise<string> {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    expect(await runKeysCommand(['rotate', ...args])).toBe(0);
    return printed.mock.calls.map(([line]) => line).join('\n');
  } finally {
    printed.mockRestore();
  }
}

it('wraps the data keys with the current encryption key, beside a running store, and again without effect', async () => {
  const { connection } = database;
  await using before = openBoxes(former);
  await checkEncryptionKey(connection, before);
  const signer = await openAuditSigner(connection, before.secrets);
  const sealed = (await before.payloads.of('acme')).seal('text', ['a']);
  vi.stubEnv('HEDDLE_DATA_DIR', dir);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', current.toString('hex'));
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY_PREVIOUS', former.toString('hex'));
  expect(await rotate()).toMatch(/^Wrapped the data keys of 2 owners with the key/);
  expect(await rotate()).toMatch(/^Wrapped the data keys of 0 owners with the key/);
  await using after = openBoxes(current);
  expect(await checkEncryptionKey(connection, after)).toEqual({ key: 'CURRENT', unreadable: 0 });
  expect(await after.payloads.open(sealed, ['a'])).toBe('text');
  const same = await openAuditSigner(connection, after.secrets);
  expect(same.keyId).toBe(signer.keyId);
  expect(isSignedBy(await readAuditKeys(connection), 'text', same.sign('text'))).toBe(true);
});

it('seals secrets of clients at issuers anew that a former key has sealed, and names those that no key at hand opens', async () => {
  const { connection } = database;
  vi.stubEnv('HEDDLE_DATA_DIR', dir);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', current.toString('hex'));
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY_PREVIOUS', former.toString('hex'));
  const claims = { subject: 'sub', email: 'email', groups: 'groups', scopes: 'scope' };
  for (const [_id, key] of [
    ['acme', former],
    ['lost', randomBytes(32)],
  ] as const) {
    const issuer = `https://${_id}.example`;
    const clientSecret = createSecretBox(key).seal('the secret', ['issuers', _id, issuer, 'c']);
    const signIn = { clientId: 'c', clientSecret, name: _id, emailDomains: [] };
    const made = { _id, issuer, audience: ['c'], claims, rules: [], signIn, createdAt: new Date() };
    await issuers(connection).create(made);
  }
  expect(await rotate()).toContain('1 secrets of clients at issuers open with no key at hand');
  const { signIn } = (await issuers(connection).findById('acme').lean()) ?? {};
  await using boxes = openBoxes(current);
  const context = ['issuers', 'acme', 'https://acme.example', 'c'];
  expect(await boxes.secrets.open(signIn?.clientSecret ?? '', context)).toBe('the secret');
});

it('makes other data keys where the encryption key is lost and what it opened is dropped', async () => {
  const { connection } = database;
  await using before = openBoxes(current);
  const signer = await openAuditSigner(connection, before.secrets);
  const sealed = (await before.payloads.of('acme')).seal('text', ['a']);
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', other.toString('hex'));
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY_PREVIOUS', '');
  await expect(runKeysCommand(['rotate'])).rejects.toThrow('encryption key that is not at hand');
  expect(await rotate('--discard')).toMatch(/^Wrapped/);
  await using after = openBoxes(other);
  await expect(async () => after.payloads.open(sealed, ['a'])).rejects.toThrow('cannot be opened');
  expect(await after.payloads.open((await after.payloads.of('acme')).seal('new', ['a']), ['a'])).toBe('new');
  const anew = await openAuditSigner(connection, after.secrets);
  expect(anew.keyId).not.toBe(signer.keyId);
  const keys = await readAuditKeys(connection);
  for (const one of [signer, anew]) expect(isSignedBy(keys, 'text', one.sign('text'))).toBe(true);
  expect(isSignedBy(keys, 'other', signer.sign('text'))).toBe(false);
});

it('makes new data keys on request, which every process seals with before anything is sealed anew; repeated, it makes no more', async () => {
  const { connection } = database;
  const laterMs = Date.now() + 2 * 3_600_000;
  let waitedMs = 0;
  const now = () => laterMs + waitedMs;
  await using keyring = openTestKeyring(connection, other);
  const sealed = (await keyring.payloads.of('acme')).seal('text', ['a']);
  const before = await openAuditSigner(connection, keyring.secrets);
  const waits: number[] = [];
  const delay = async (ms: number) => {
    waits.push(ms);
    waitedMs += ms;
  };
  const printed: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
  for (let run = 0; run < 2; run++) {
    expect(await runKeysCommand(['rotate', '--data-keys'], { now, delay })).toBe(0);
  }
  spy.mockRestore();
  expect(printed[0]).toMatch(/^Made new data keys of 2 owners\. Waiting until/);
  expect(waits).toEqual([90_000]);
  const keys = await tenantKeys(connection).find().lean();
  expect(keys.map(({ keys: versions }) => versions.filter(({ wrapped }) => wrapped !== null).length)).toEqual(
    [2, 2],
  );
  await using after = openTestKeyring(connection, other, { now });
  expect((await after.payloads.of('acme')).isCurrent(sealed)).toBe(false);
  expect(await after.payloads.open(sealed, ['a'])).toBe('text');
  expect((await openAuditSigner(connection, after.secrets)).keyId).toBe(before.keyId);
  const signing = await connection.collection('audit_keys').findOne({ keyId: before.keyId });
  expect((await after.secrets.of(meshOwner)).isCurrent(signing?.sealed)).toBe(true);
});

it('wraps with the current key also what a process with the former one alone makes during the run', async () => {
  const { connection } = database;
  const laterMs = Date.now() + 4 * 3_600_000;
  let waitedMs = 0;
  const now = () => laterMs + waitedMs;
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', current.toString('hex'));
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY_PREVIOUS', other.toString('hex'));
  await using late = openTestKeyring(connection, other);
  let sealed = '';
  const delay = async (ms: number) => {
    waitedMs += ms;
    sealed = (await late.payloads.of('@before all')).seal('text', ['a']);
  };
  const spy = vi.spyOn(console, 'log').mockImplementation(() => {});
  expect(await runKeysCommand(['rotate', '--data-keys'], { now, delay })).toBe(0);
  spy.mockRestore();
  await using after = openTestKeyring(connection, current, { now });
  expect(await after.payloads.open(sealed, ['a'])).toBe('text');
});

it('refuses what it does not know', async () => {
  await expect(runKeysCommand(['turn'])).rejects.toThrow('usage: heddle keys rotate');
});
