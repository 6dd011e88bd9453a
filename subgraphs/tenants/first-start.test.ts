import { describe, expect, it } from 'vitest';
import { apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { auditLog } from '#mongo/audit-log.ts';
import { tenants } from '#mongo/tenants.ts';
import { scopes } from '#schema/caller.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { testServices } from '#test/support/subgraph.ts';
import { findCaller } from './find-caller.ts';
import { adminKeyId, ensureFirstTenant } from './first-start.ts';
import { hashOfKey } from './key-text.ts';

const preset = (tail: string) => `hd_${'x'.repeat(40)}${tail}`;

describe('ensureFirstTenant', () => {
  it('makes tenant, app and an admin key with every scope, and shows the key to one of many processes', async () => {
    await using database = await openTestDatabase();
    const { connection } = database;
    const starts = await Promise.all([1, 2, 3, 4].map(() => ensureFirstTenant(connection)));
    const keys = starts.flatMap(({ newAdminKey }) => newAdminKey ?? []);
    expect(keys).toEqual([expect.stringMatching(/^hd_admin_[0-9A-Za-z]{43}$/)]);
    const deps = { ...testServices(database), connection };
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
    const deps = { ...testServices(database), connection };
    const holds = async (text: string) => (await findCaller(hashOfKey(text), deps))?.keyId ?? null;
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
    const deps = { ...testServices(database), connection };
    await ensureFirstTenant(connection, { adminKey: preset('1') });
    await apiKeys(connection).updateOne({ _id: adminKeyId }, { $set: { revokedAt: new Date() } });
    await ensureFirstTenant(connection, { adminKey: preset('1') });
    expect(await findCaller(hashOfKey(preset('1')), deps)).toBeNull();
    await ensureFirstTenant(connection, { adminKey: preset('2') });
    expect(await findCaller(hashOfKey(preset('2')), deps)).not.toBeNull();
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
