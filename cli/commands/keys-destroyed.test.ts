import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { readDataKeyId } from '#core/secrets/data-box.ts';
import { isSignedBy, openAuditSigner, readAuditKeys } from '#mongo/audit/keys.ts';
import { auditLog, createAuditLog } from '#mongo/audit/log.ts';
import { type Database, ensureIndexes, openDatabase } from '#mongo/connect.ts';
import { sealCredential } from '#mongo/credential-secret.ts';
import { unusedMs } from '#mongo/keyring/rotate.ts';
import { tenantKeys } from '#mongo/tenant-keys.ts';
import { openTestKeyring } from '#test/support/seal.ts';
import { runKeysCommand } from './keys.ts';

const encryptionKey = randomBytes(32);
const opened = new AsyncDisposableStack();
let dir: string;
let database: Database;
let nowMs: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-keys-'));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  database = opened.use(await openDatabase(`embedded:${join(dir, 'store')}`));
  await ensureIndexes(database.connection);
  vi.stubEnv('HEDDLE_DATA_DIR', dir);
  vi.stubEnv('LOG_LEVEL', 'silent');
  vi.stubEnv('HEDDLE_ENCRYPTION_KEY', encryptionKey.toString('hex'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await opened.disposeAsync();
});
const collections = [
  'tenant_keys',
  'provider_credentials',
  'issuers',
  'completions',
  'invocations',
  'audit_keys',
];
beforeEach(async () => {
  for (const name of collections) await database.connection.collection(name).deleteMany({});
  nowMs = Date.now() + 2 * 3_600_000;
});
afterEach(() => vi.restoreAllMocks());

async function rotate(...args: readonly string[]): Promise<string> {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const delay = async (ms: number) => {
    nowMs += ms;
  };
  const clock = { now: () => nowMs, delay };
  expect(await runKeysCommand(['rotate', ...args], clock)).toBe(0);
  const text = printed.mock.calls.map(([line]) => line).join('\n');
  printed.mockRestore();
  return text;
}
const readUsable = async (owner: string) =>
  ((await tenantKeys(database.connection).findById(owner).lean())?.keys ?? [])
    .filter(({ wrapped }) => wrapped !== null)
    .map(({ keyId }) => keyId);
const openKeyring = () => openTestKeyring(database.connection, encryptionKey, { now: () => nowMs });

it('destroys former data keys a day after new ones were made, when everything is sealed with those, and records it', async () => {
  const { connection } = database;
  // A store that a mesh has used has an audit log.
  const audit = createAuditLog(connection);
  await audit.begin({
    ...{ tenantId: null, action: 'x', arguments: null, requestId: 'r', clientAddress: null },
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
  });
  await using before = openKeyring();
  const sealed = (await before.payloads.of('acme')).seal('text', ['cache']);
  const signer = await openAuditSigner(connection, before.secrets);
  const bound = { id: 'c1', providerId: 'p1', destination: 'https://p.example' };
  await connection.collection('provider_credentials').insertOne({
    ...{ _id: bound.id as never, providerId: bound.providerId, tenantId: 'acme', label: 'main', hint: '' },
    sealed: sealCredential(await before.secrets.of('acme'), 'the secret', bound),
    ...{ destination: bound.destination, weight: 1, enabled: true, createdAt: new Date() },
  });
  const [former = ''] = await readUsable('acme');
  expect(await rotate('--data-keys')).toMatch(
    /2 former data keys .* run this again after \d{4}-\d{2}-\d{2}T/,
  );
  expect(await readUsable('acme')).toHaveLength(2);
  nowMs += unusedMs;
  expect(await rotate()).toMatch(/^Wrapped .*\nDestroyed 2 former data keys that nothing needs\.$/);
  expect(await readUsable('acme')).toHaveLength(1);
  await using after = openKeyring();
  await expect(async () => after.payloads.open(sealed, ['cache'])).rejects.toThrow('cannot be opened');
  const [credential] = await connection.collection('provider_credentials').find().toArray();
  expect(
    await after.secrets.open(credential?.sealed, ['provider_credentials', 'c1', 'p1', 'https://p.example']),
  ).toBe('the secret');
  const same = await openAuditSigner(connection, after.secrets);
  expect(same.keyId).toBe(signer.keyId);
  expect(isSignedBy(await readAuditKeys(connection), 'text', same.sign('text'))).toBe(true);
  const recorded = await auditLog(connection)
    .findOne({ action: 'encryptionKey.rotate' })
    .sort({ _id: -1 })
    .lean();
  expect(recorded).toMatchObject({
    outcome: 'SUCCEEDED',
    after: { destroyed: { count: 2, keyIds: expect.arrayContaining([former]) } },
  });
});

/** What the former data key has sealed and that does not open, so that it cannot be sealed anew. */
const damaged: Record<string, (sealed: string) => Promise<unknown>> = {
  'a credential of a provider': (sealed) =>
    database.connection.collection('provider_credentials').insertOne({
      ...{
        _id: 'c' as never,
        providerId: 'p',
        label: 'x',
        hint: '',
        sealed,
        destination: 'https://p.example',
      },
      ...{ tenantId: 'acme', weight: 1, enabled: true, createdAt: new Date() },
    }),
  'a secret of a client at an issuer': (sealed) =>
    database.connection.collection('issuers').insertOne({
      ...{
        _id: 'i' as never,
        issuer: 'https://i.example',
        audience: ['c'],
        rules: [],
        createdAt: new Date(),
      },
      claims: { subject: 'sub', email: 'email', groups: 'groups', scopes: 'scope' },
      signIn: { clientId: 'c', clientSecret: sealed, name: 'i', emailDomains: [] },
    }),
  'a kept completion': async (sealed) => {
    const id = 'completion';
    await database.connection.collection('invocations').insertOne({ _id: id as never, tenantId: 'acme' });
    const bytes = Buffer.from([3, ...Buffer.from(readDataKeyId(sealed) ?? '', 'hex'), 1, 2, 3]);
    await database.connection
      .collection('completions')
      .insertOne({ _id: id as never, sealed: new mongo.Binary(bytes), createdAt: new Date() });
  },
  'the signing key of the audit log': (sealed) =>
    database.connection
      .collection('audit_keys')
      .insertOne({ _id: 'current' as never, keyId: 'k', publicKey: 'p', sealed, at: new Date() }),
};

it.each(Object.keys(damaged))('keeps a former data key that %s is still sealed with', async (what) => {
  await using before = openKeyring();
  const owner = /issuer|audit/.test(what) ? '@mesh' : 'acme';
  await before.secrets.of('@mesh');
  const sealed = (await before.secrets.of(owner)).seal('text', ['another record']);
  await damaged[what]?.(sealed);
  const former = readDataKeyId(sealed) ?? '';
  await rotate('--data-keys');
  for (let day = 0; day < 2; day++) {
    nowMs += unusedMs;
    await rotate();
  }
  expect(await readUsable(owner)).toContain(former);
  for (const name of collections.slice(1)) await database.connection.collection(name).deleteMany({});
  await rotate();
  nowMs += unusedMs;
  await rotate();
  expect(await readUsable(owner)).toHaveLength(1);
});
