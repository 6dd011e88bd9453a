import type { Connection } from 'mongoose';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { apps } from '#mongo/apps.ts';
import { tenants } from '#mongo/tenants.ts';
import { scopes } from '#schema/caller.ts';
import { type AuditLog, auditedStart } from '../shared/audited-start.ts';
import { isDuplicateKey, orConflict } from '../shared/input.ts';
import { ensureUnlimitedPlan } from './ensure-plan.ts';
import { checkedPreset, hashOfKey, hintOfKey, newKeyText } from './key-text.ts';

/** The tenant of the first start. */
const defaultId = 'default';
/** The app of the first start. Older versions gave it the id of its tenant. */
export const firstAppId = 'default-app';
/** The record of the admin key of the first start, whatever its text is. */
export const adminKeyId = 'admin';

export interface FirstTenantOptions {
  /** HEDDLE_ADMIN_KEY: the text that the admin key has from now on. */
  readonly adminKey?: string | undefined;
  readonly now?: () => number;
  /** Where a new text of the admin key is recorded. */
  readonly audit?: AuditLog;
}

/**
 * Ensures that there are a tenant `default`, an app `default` of it and the admin key with every scope. Call it at each
 * start; any number of processes may at once, and exactly one of them is told the new key, to show it once.
 *
 * With a preset the admin key IS that text: a preset that is new replaces the former text, which ends with it (the
 * way back in for whoever lost the key). A preset that was revoked stays revoked until another is set. Without a
 * preset an admin key that is there is left alone, revoked or not.
 */
export async function ensureFirstTenant(
  connection: Connection,
  options: FirstTenantOptions = {},
): Promise<{ readonly newAdminKey: string | null }> {
  const now = new Date(options.now?.() ?? Date.now());
  const preset =
    options.adminKey === undefined ? undefined : checkedPreset(options.adminKey, 'HEDDLE_ADMIN_KEY');
  const planId = await ensureUnlimitedPlan(connection);
  await insertOnce(
    tenants(connection).create({
      _id: defaultId,
      name: defaultId,
      planId,
      allowedRegions: null,
      payloadLogging: 'NONE',
      cacheByDefault: false,
      createdAt: now,
    }),
  );
  await insertOnce(
    apps(connection).create({
      _id: firstAppId,
      tenantId: defaultId,
      name: defaultId,
      limits: [],
      cacheByDefault: null,
      createdAt: now,
    }),
  );
  const text = preset ?? newKeyText(adminKeyId).text;
  const app = await apps(connection).findOne({ tenantId: defaultId }).sort({ createdAt: 1 }).lean();
  const made = await insertOnce(apiKeys(connection).create(adminKey(app?._id ?? firstAppId, text, now)));
  const recorded = (action: string, run: () => Promise<void>) =>
    auditedStart(
      options.audit,
      {
        action,
        targetType: 'ApiKey',
        targetId: adminKeyId,
        tenantId: defaultId,
        after: { hint: hintOfKey(text) },
      },
      run,
    );
  if (made) await recorded('adminKey.create', async () => undefined);
  else if (preset !== undefined && (await isAnotherText(connection, preset))) {
    await recorded('adminKey.replace', () => replaceText(connection, preset));
  }
  // A preset is known to whoever set it and is not shown.
  return { newAdminKey: made && preset === undefined ? text : null };
}

function adminKey(appId: string, text: string, now: Date): ApiKeyRecord {
  return {
    _id: adminKeyId,
    tenantId: defaultId,
    appId,
    label: 'admin',
    hint: hintOfKey(text),
    keyHash: hashOfKey(text),
    scopes: Object.keys(scopes),
    limits: [],
    lineId: adminKeyId,
    allowedIps: null,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    replacedById: null,
    createdAt: now,
  };
}

async function isAnotherText(connection: Connection, preset: string): Promise<boolean> {
  const found = await apiKeys(connection).findById(adminKeyId, { keyHash: 1 }).lean();
  return found !== null && found.keyHash !== hashOfKey(preset);
}

/** A text that the admin key has already changes nothing, so that a revoked key does not come back by a restart. */
async function replaceText(connection: Connection, preset: string): Promise<void> {
  const keyHash = hashOfKey(preset);
  await orConflict(
    apiKeys(connection)
      .updateOne(
        { _id: adminKeyId, keyHash: { $ne: keyHash } },
        {
          $set: {
            keyHash,
            hint: hintOfKey(preset),
            scopes: Object.keys(scopes),
            allowedIps: null,
            expiresAt: null,
            revokedAt: null,
            replacedById: null,
          },
        },
      )
      .exec(),
    'HEDDLE_ADMIN_KEY is the text of another API key of this mesh: choose one of its own.',
  );
}

/** False when another process, or an earlier start, was first. */
async function insertOnce(write: PromiseLike<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
