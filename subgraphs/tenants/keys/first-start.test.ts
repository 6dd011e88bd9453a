import { describe, expect, it } from 'vitest';
import { scopes } from '#core/caller.ts';
import { apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { auditLog } from '#mongo/audit/log.ts';
import { createKeyPepper } from '#mongo/key-pepper.ts';
import { tenants } from '#mongo/tenants.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testServices } from '#test/support/subgraph.ts';
import { findAdminKeyForm, giveUpAdminKey } from './admin-key-form.ts';
import { findCaller } from './find-caller.ts';
import { adminKeyId, ensureFirstTenant } from './first-start.ts';
import { hashOfKey } from './key-text.ts';

const defaultLimits = { key: [], tenant: [] };
const oneKey = new Uint8Array(32).fill(1);
const otherKey = new Uint8Array(32).fill(2);
const preset = (tail: string) => `hd_${'x'.repeat(40)}${tail}`;

describe('ensureFirstTenant', () => {
  it('makes tenant, app and an admin key with every scope, and shows the key to one of many processes', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const starts = await Promise.all([1, 2, 3, 4].map(() => ensureFirstTenant(connection)));
    const keys = starts.flatMap(({ newAdminKey }) => newAdminKey ?? []);
    expect(keys).toEqual([expect.stringMatching(/^hd_admin_[0-9A-Za-z]{43}$/)]);
    const deps = { ...testServices(database), connection, defaultLimits };
    expect(await findCaller(hashOfKey(keys[0] ?? ''), deps)).toMatchObject({
      tenantId: 'default',
      appId: 'default-app',
      scopes: Object.keys(scopes),
      limits: [],
    });
    expect(await tenants(connection).countDocuments({})).toBe(1);
    expect(await apps(connection).countDocuments({})).toBe(1);
    expect(await ensureFirstTenant(connection)).toEqual({ newAdminKey: null });
    expect(await apiKeys(connection).countDocuments({})).toBe(1);
  });

  it('takes the preset key, shows nothing, and replaces it when the preset changes', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const deps = { ...testServices(database), connection, defaultLimits };
    const holds = async (text: string) => {
      const found = await findCaller(hashOfKey(text), deps);
      return found && 'keyId' in found ? found.keyId : null;
    };
    for (const text of [preset('1'), preset('1'), preset('2')]) {
      expect(await ensureFirstTenant(connection, { adminKey: text })).toEqual({ newAdminKey: null });
      expect(await holds(text)).toBe(adminKeyId);
    }
    expect(await holds(preset('1'))).toBeNull();
    await ensureFirstTenant(connection);
    expect(await holds(preset('2'))).toBe(adminKeyId);
    expect(await apiKeys(connection).countDocuments({})).toBe(1);
  });

  it('records in the audit log when the admin key is made and when its text is replaced, without the text', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const { audit } = testServices(database);
    for (const adminKey of [preset('1'), preset('1'), preset('2'), preset('2')]) {
      await ensureFirstTenant(connection, { adminKey, audit });
    }
    const records = await auditLog(connection).find({}).sort({ _id: 1 }).lean();
    expect(records).toMatchObject([
      {
        action: 'adminKey.create',
        outcome: 'SUCCEEDED',
        targetId: 'admin',
        tenantId: 'default',
        actor: { kind: 'SYSTEM' },
      },
      {
        action: 'adminKey.replace',
        outcome: 'SUCCEEDED',
        targetId: 'admin',
        tenantId: 'default',
        actor: { kind: 'SYSTEM' },
      },
    ]);
    const kept = JSON.stringify(records);
    for (const text of [preset('1'), preset('2')]) {
      expect(kept).not.toContain(text);
      expect(kept).not.toContain(hashOfKey(text));
    }
  });

  it('lets several processes start with the same preset', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    await Promise.all([1, 2, 3].map(() => ensureFirstTenant(connection, { adminKey: preset('1') })));
    expect((await apiKeys(connection).find().lean()).map(({ keyHash }) => keyHash)).toEqual([
      hashOfKey(preset('1')),
    ]);
  });

  it('leaves a preset key revoked that was revoked, until another is set', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const deps = { ...testServices(database), connection, defaultLimits };
    await ensureFirstTenant(connection, { adminKey: preset('1') });
    await apiKeys(connection).updateOne({ _id: adminKeyId }, { $set: { revokedAt: new Date() } });
    await ensureFirstTenant(connection, { adminKey: preset('1') });
    expect(await findCaller(hashOfKey(preset('1')), deps)).toBeNull();
    await ensureFirstTenant(connection, { adminKey: preset('2') });
    expect(await findCaller(hashOfKey(preset('2')), deps)).not.toBeNull();
  });

  it('keeps no hash of a preset that can be searched without the encryption key, and none of its letters', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const deps = { ...testServices(database), connection, defaultLimits, pepper: createKeyPepper(oneKey) };
    const stored = () => apiKeys(connection).findById(adminKeyId).lean();
    // Of an older version.
    await ensureFirstTenant(connection, { adminKey: preset('1') });
    await apiKeys(connection).updateOne({ _id: adminKeyId }, { $set: { hint: 'hd_…xxx1' } });
    expect(await findCaller(hashOfKey(preset('1')), deps)).not.toBeNull();
    await ensureFirstTenant(connection, { adminKey: preset('1'), pepper: deps.pepper });
    expect(await stored()).toMatchObject({ keyHash: deps.pepper.hash(hashOfKey(preset('1'))), hint: 'hd_…' });
    expect(await findCaller(hashOfKey(preset('1')), deps)).not.toBeNull();
    expect(await findCaller(hashOfKey(preset('2')), deps)).toBeNull();
    // What is stored is no key.
    expect(await findCaller((await stored())?.keyHash ?? '', deps)).toBeNull();
    const random = `hd_ops_${'0123456789abcdef'.repeat(2)}kR8vq2ZtWm`;
    await ensureFirstTenant(connection, { adminKey: random, pepper: deps.pepper });
    expect(await stored()).toMatchObject({ hint: 'hd_…ZtWm' });
    const records = await auditLog(connection).find({ action: 'adminKey.replace' }).lean();
    expect(records).toEqual([]);
  });

  it('takes the preset through a change of the encryption key: by its use, or by a start', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const former = createKeyPepper(oneKey);
    const present = createKeyPepper(otherKey, [oneKey]);
    const digest = hashOfKey(preset('1'));
    const form = () => findAdminKeyForm(connection, present);
    const deps = { ...testServices(database), connection, defaultLimits };
    for (const renew of [
      () => findCaller(digest, { ...deps, pepper: present }),
      () => ensureFirstTenant(connection, { adminKey: preset('1'), pepper: present }),
    ]) {
      await apiKeys(connection).deleteMany({});
      await ensureFirstTenant(connection, { adminKey: preset('1'), pepper: former });
      expect(await form()).toBe('PREVIOUS');
      await renew();
      expect(await form()).toBe('CURRENT');
      expect(await findCaller(digest, { ...deps, pepper: createKeyPepper(otherKey) })).not.toBeNull();
    }
  });

  it('lets a preset in where the encryption key is lost, except for one that was revoked', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const pepper = createKeyPepper(otherKey);
    const deps = { ...testServices(database), connection, defaultLimits, pepper };
    const start = () => ensureFirstTenant(connection, { adminKey: preset('1'), pepper });
    const isIn = async () => (await findCaller(hashOfKey(preset('1')), deps)) !== null;
    await ensureFirstTenant(connection, { adminKey: preset('1'), pepper: createKeyPepper(oneKey) });
    expect([await findAdminKeyForm(connection, pepper), await isIn()]).toEqual(['LOST', false]);
    await start();
    expect(await isIn()).toBe(true);

    await ensureFirstTenant(connection, { adminKey: preset('1'), pepper: createKeyPepper(oneKey) });
    await apiKeys(connection).updateOne({ _id: adminKeyId }, { $set: { revokedAt: new Date() } });
    await start();
    expect(await isIn()).toBe(false);
    await giveUpAdminKey(connection);
    await start();
    expect(await isIn()).toBe(true);
  });

  it('refuses the text of another key as a preset, in whatever form either is stored', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const { newAdminKey } = await ensureFirstTenant(connection);
    await apiKeys(connection).updateOne({ _id: adminKeyId }, { $set: { lineId: 'other' } });
    const record = await apiKeys(connection).findById(adminKeyId).lean();
    await apiKeys(connection).deleteOne({ _id: adminKeyId });
    await apiKeys(connection).create({ ...record, _id: 'other' });
    const adminKey = newAdminKey ?? '';
    const refused = ensureFirstTenant(connection, { adminKey, pepper: createKeyPepper(oneKey) });
    await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(/another API key/) });
  });

  it('has a new key kept before its hash is stored, and the key that was kept is the one that is stored', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const deps = { ...testServices(database), connection, defaultLimits };
    let kept: string | undefined;
    let isCut = true;
    const newAdminKeyFile = {
      write: async (text: string) => {
        expect(await apiKeys(connection).countDocuments({})).toBe(0);
        kept ??= text;
        if (isCut) throw new Error('the process ends');
        return kept;
      },
      discard: async () => undefined,
    };
    await expect(ensureFirstTenant(connection, { newAdminKeyFile })).rejects.toThrow('the process ends');
    expect(await apiKeys(connection).countDocuments({})).toBe(0);
    isCut = false;
    expect(await ensureFirstTenant(connection, { newAdminKeyFile })).toEqual({ newAdminKey: kept });
    expect(await findCaller(hashOfKey(kept ?? ''), deps)).not.toBeNull();
    expect(await ensureFirstTenant(connection, { newAdminKeyFile })).toEqual({ newAdminKey: null });
  });

  it('grants the admin key to no app that is archived', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const first = {
      _id: 'older',
      tenantId: 'default',
      name: 'older older ',
      limits: [],
      cacheByDefault: null,
    };
    await apps(connection).create({ ...first, createdAt: new Date(0), archivedAt: new Date() });
    const { newAdminKey } = await ensureFirstTenant(connection);
    const deps = { ...testServices(database), connection, defaultLimits };
    expect(await findCaller(hashOfKey(newAdminKey ?? ''), deps)).toMatchObject({ appId: 'default-app' });
  });

  it('discards the kept text of each of several processes whose key was not stored', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const deps = { ...testServices(database), connection, defaultLimits };
    const kept = new Map<number, string>();
    let arrived = 0;
    const both = Promise.withResolvers<void>();
    const keeper = (n: number) => ({
      write: async (text: string) => {
        kept.set(n, text);
        arrived += 1;
        if (arrived === 3) both.resolve();
        await both.promise;
        return text;
      },
      discard: async () => void kept.delete(n),
    });
    await Promise.all([1, 2, 3].map((n) => ensureFirstTenant(connection, { newAdminKeyFile: keeper(n) })));
    expect(kept.size).toBe(1);
    const [text = ''] = kept.values();
    expect(await findCaller(hashOfKey(text), deps)).not.toBeNull();
  });

  it.each(['hd_short', `xx_${'x'.repeat(40)}`, `hd_${'x'.repeat(40)} x`, ''])(
    'refuses %j as a preset, and does not repeat it',
    async (adminKey) => {
      await using database = await openTestDatabase();
      await expect(ensureFirstTenant(database.connection, { adminKey })).rejects.toThrow(
        /^HEDDLE_ADMIN_KEY must begin with hd_ and have 40 to 512 characters, without spaces\.$/,
      );
      expect(await tenants(database.connection).countDocuments({})).toBe(0);
    },
  );
});
