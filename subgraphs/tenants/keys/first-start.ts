import type { Connection } from 'mongoose';
import { scopes } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { isDuplicateKey, orConflict } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { type KeyPepper, noPepper } from '#mongo/key-pepper.ts';
import { tenants, toPayloadRule } from '#mongo/tenants.ts';
import { type AuditLog, auditedStart } from '../../runtime/policy/audited-start.ts';
import { ensureUnlimitedPlan } from '../limits/ensure-plan.ts';
import { toTenantName } from '../tenants/tenant-name.ts';
import { checkedPreset, hashOfKey, hintOfKey, hintOfPreset, newKeyText } from './key-text.ts';

/** The tenant of the first start. */
const defaultId = 'default';
/** The app of the first start. Older versions stored it under the id of its tenant. */
export const firstAppId = 'default-app';
/** The record of the admin key of the first start, whatever its text is. */
export const adminKeyId = 'admin';

/** The tenant with the app of the admin key: it is never archived, so that HEDDLE_ADMIN_KEY stays a way in. */
export function isFirstTenant(tenantId: string): boolean {
  return tenantId === defaultId;
}

/** The app that has the admin key. */
export function isOfFirstStart({ _id, tenantId }: Pick<AppRecord, '_id' | 'tenantId'>): boolean {
  return isFirstTenant(tenantId) && (_id === firstAppId || _id === defaultId);
}

/** Where the text of a new admin key is kept, for its owner to fetch. */
export interface NewKeyKeeper {
  /** The text that is kept: this one, or one that an earlier start has left and not stored. */
  write(text: string): Promise<string>;
  /** Forgets a text of this process: another key is the admin key. */
  discard(): Promise<void>;
}

export interface FirstTenantOptions {
  /** HEDDLE_ADMIN_KEY: the text that the admin key has from now on. */
  readonly adminKey?: string | undefined;
  /** Hashes HEDDLE_ADMIN_KEY; left out: plain SHA-256. */
  readonly pepper?: KeyPepper | undefined;
  /** Keeps the text of a new admin key before its hash is stored. */
  readonly newAdminKeyFile?: NewKeyKeeper | undefined;
  readonly now?: () => number;
  /** Where a new text of the admin key is recorded. */
  readonly audit?: AuditLog;
}

/**
 * Ensures that there are a tenant `default`, an app `default` of it and the admin key with every scope. Call it at each
 * start; any number of processes may at once, and exactly one of them gets the new key, to show it once.
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
      ...toTenantName(defaultId),
      planId,
      allowedRegions: null,
      ...toPayloadRule('DEFAULT'),
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
  const app = await apps(connection)
    .findOne({ tenantId: defaultId, archivedAt: null })
    .sort({ createdAt: 1 })
    .lean();
  const appId = app?._id ?? firstAppId;
  const recorded = (action: string, { hint }: KeyText, run: () => Promise<boolean>) =>
    auditedStart(
      options.audit,
      { action, targetType: 'ApiKey', targetId: adminKeyId, tenantId: defaultId, after: { hint } },
      run,
    );
  const isThere = (await apiKeys(connection).findById(adminKeyId, { _id: 1 }).lean()) !== null;
  const insert = (key: KeyText) =>
    recorded('adminKey.create', key, () => insertOnce(apiKeys(connection).create(adminKey(appId, key, now))));
  if (preset === undefined) {
    if (isThere) return { newAdminKey: null };
    const made = newKeyText(adminKeyId).text;
    const text = (await options.newAdminKeyFile?.write(made)) ?? made;
    const key: KeyText = { hint: hintOfKey(text), keyHash: hashOfKey(text) };
    const isStored = await insert(key);
    if (!isStored && !(await isStoredText(connection, key))) await options.newAdminKeyFile?.discard();
    return { newAdminKey: isStored ? text : null };
  }
  const pepper = options.pepper ?? noPepper;
  const digest = hashOfKey(preset);
  const key: KeyText = { hint: hintOfPreset(preset), keyHash: pepper.hash(digest) };
  await requireUnused(connection, pepper.forms(digest));
  const isStored = !isThere && (await insert(key));
  if (!isStored && (await isAnotherText(connection, digest, pepper))) {
    await recorded('adminKey.replace', key, () => replaceText(connection, key));
  } else if (!isStored) {
    await keepInForm(connection, key, pepper.forms(digest));
  }
  // A preset is known to whoever set it and is not shown.
  return { newAdminKey: null };
}

/** What is stored of a text. */
type KeyText = Pick<ApiKeyRecord, 'hint' | 'keyHash'>;

function adminKey(appId: string, { hint, keyHash }: KeyText, now: Date): ApiKeyRecord {
  return {
    _id: adminKeyId,
    tenantId: defaultId,
    appId,
    label: 'admin',
    hint,
    keyHash,
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

async function isStoredText(connection: Connection, { keyHash }: KeyText): Promise<boolean> {
  return (await apiKeys(connection).findOne({ _id: adminKeyId, keyHash }, { _id: 1 }).lean()) !== null;
}

/**
 * Whether the admin key has another text. Where its hash was made with an encryption key that is not at hand, nothing can
 * be compared: the preset is then the way back in, except for a key that was revoked, which stays so.
 */
async function isAnotherText(connection: Connection, digest: string, pepper: KeyPepper): Promise<boolean> {
  const found = await apiKeys(connection).findById(adminKeyId, { keyHash: 1, revokedAt: 1 }).lean();
  if (found === null) return false;
  if (!pepper.isReadable(found.keyHash)) return found.revokedAt === null;
  return !pepper.forms(digest).includes(found.keyHash);
}

async function requireUnused(connection: Connection, forms: readonly string[]): Promise<void> {
  const other = { _id: { $ne: adminKeyId }, keyHash: { $in: [...forms] } };
  if ((await apiKeys(connection).findOne(other, { _id: 1 }).lean()) !== null) throw usedElsewhere();
}

function usedElsewhere(): HeddleError {
  return new HeddleError('CONFLICT', usedElsewhereMessage);
}

const usedElsewhereMessage =
  'HEDDLE_ADMIN_KEY is the text of another API key of this mesh: choose one of its own.';

/** A text that the admin key has already changes nothing, so that a revoked key does not come back by a restart. */
async function replaceText(connection: Connection, { hint, keyHash }: KeyText): Promise<boolean> {
  const change = {
    ...{ keyHash, hint, scopes: Object.keys(scopes) },
    ...{ allowedIps: null, expiresAt: null, revokedAt: null, replacedById: null },
  };
  const { modifiedCount } = await orConflict(
    apiKeys(connection)
      .updateOne({ _id: adminKeyId, keyHash: { $ne: keyHash } }, { $set: change })
      .exec(),
    usedElsewhereMessage,
  );
  return modifiedCount > 0;
}

/** The same text, hashed by an older version or with a previous encryption key: in the current form from now on. */
async function keepInForm(connection: Connection, key: KeyText, forms: readonly string[]): Promise<void> {
  const other = {
    _id: adminKeyId,
    keyHash: { $in: [...forms] },
    $or: [{ keyHash: { $ne: key.keyHash } }, { hint: { $ne: key.hint } }],
  };
  await apiKeys(connection).updateOne(other, { $set: { ...key } });
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
