import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createSecretBox } from '#core/secrets/secret-box.ts';
import { isSignedBy, openAuditSigner, readAuditKeys } from '#mongo/audit/keys.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { runKeysCommand } from './keys.ts';

const [former, current] = [randomBytes(32), randomBytes(32)];
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

it('seals the key that signs anchors with the current encryption key, beside a running store, and again without effect', async () => {
  const { connection } = database;
  const before = await openAuditSigner(connection, createSecretBox(former));
  vi.stubEnv('HEDDLE_DATA_DIR', dir);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', current.toString('hex'));
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY_PREVIOUS', former.toString('hex'));
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  for (let run = 0; run < 2; run++) expect(await runKeysCommand(['rotate'])).toBe(0);
  expect(printed.mock.calls[0]?.[0]).toMatch(/^Sealed 0 provider keys and 0 kept completions with the key/);
  printed.mockRestore();
  const after = await openAuditSigner(connection, createSecretBox(current));
  expect(after.keyId).toBe(before.keyId);
  expect(isSignedBy(await readAuditKeys(connection), 'text', after.sign('text'))).toBe(true);
});

it('makes another signing key where the encryption key is lost, and still knows what the former one has signed', async () => {
  const { connection } = database;
  const before = await openAuditSigner(connection, createSecretBox(current));
  const after = await openAuditSigner(connection, createSecretBox(randomBytes(32)));
  expect(after.keyId).not.toBe(before.keyId);
  const keys = await readAuditKeys(connection);
  for (const signer of [before, after]) expect(isSignedBy(keys, 'text', signer.sign('text'))).toBe(true);
  expect(isSignedBy(keys, 'other', before.sign('text'))).toBe(false);
});

it('refuses what it does not know', async () => {
  await expect(runKeysCommand(['turn'])).rejects.toThrow('usage: heddle keys rotate');
});
