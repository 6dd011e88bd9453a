import { badInput } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { loadReferred } from '../../runtime/loaders.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { ResolversParentTypes } from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { findMaker } from '../members/find-maker.ts';
import { boundsOfCaller, boundsOfKey, requireAnotherKey, requireWithin } from '../restrictions/bounds.ts';
import { requireAllScopes, scopesOfKey } from '../restrictions/scopes.ts';
import { visible } from '../tenants/visible.ts';
import { changedMeanwhile, requireInForce } from './in-force.ts';
import { hashOfKey, hintOfKey, newKeyText } from './key-text.ts';
import { withRoomForKey } from './make-room-for-key.ts';

const overlapSecondsMax = 30 * 24 * 3600;

/**
 * Makes the successor of a key: same rights, limits and meters. The old key ends after the overlap, or when it would
 * have ended anyway. The answer holds the new secret, so the key must be another one, within the bounds of the caller,
 * and its successor ends no later than the caller. Of two rotations or changes at once one is refused with CONFLICT.
 * Whoever loses the answer rotates the successor, which the refusal of a repeated rotation names.
 */
export async function rotateApiKey(
  id: string,
  overlapSeconds: number | null | undefined,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ResolversParentTypes['CreatedApiKey']> {
  const overlap = overlapSeconds ?? 0;
  if (overlap < 0 || overlap > overlapSecondsMax) {
    badInput('overlapSeconds', `must lie between 0 and ${overlapSecondsMax} (30 days); it is ${overlap}.`);
  }
  const old = await visible('apiKey', id, context);
  requireAllScopes(context.caller, scopesOfKey(old));
  requireAnotherKey(context.caller, old);
  const bounds = boundsOfCaller(context.caller, await loadReferred(context.loaders.app, old.appId));
  requireWithin('The key', boundsOfKey(old), bounds);
  const now = readNow(deps);
  requireInForce(old, now);
  const { id: newId, text } = newKeyText();
  const lifetimeMs = old.expiresAt && old.expiresAt.getTime() - old.createdAt.getTime();
  const { lastUsedFrom: _from, eventId: _event, ...kept } = old;
  const key: ApiKeyRecord = {
    ...kept,
    _id: newId,
    hint: hintOfKey(text),
    keyHash: hashOfKey(text),
    expiresAt:
      lifetimeMs === null
        ? null
        : new Date(Math.min(now.getTime() + lifetimeMs, bounds.expiresAtMs ?? Number.POSITIVE_INFINITY)),
    lastUsedAt: null,
    // Its app may have been restored since it was read; what is created is below nothing archived.
    hidden: null,
    createdAt: now,
  };
  const keys = apiKeys(deps.connection);
  const overlapEnd = new Date(now.getTime() + overlap * 1000);
  const end: Partial<ApiKeyRecord> =
    overlap === 0
      ? { revokedAt: now }
      : { expiresAt: old.expiresAt && old.expiresAt < overlapEnd ? old.expiresAt : overlapEnd };
  const { label, scopes, limits, allowedIps, expiresAt, models = null, prompts = null } = old;
  const same = { label, scopes, limits, allowedIps, expiresAt, models, prompts };
  await context.auditTarget({ tenantId: key.tenantId, type: 'ApiKey', id });
  await withRoomForKey(old, now, deps, async () => {
    key.madeByMemberId = await findMaker(context.caller, deps);
    // Not in force before the old key names it: a process that is killed before leaves the old key valid, and
    // settleRotations deletes this one.
    await keys.create({ ...key, revokedAt: now, replaces: id });
    const ended = await keys.updateOne(
      { _id: id, revokedAt: null, replacedById: null, ...same },
      { $set: { ...end, replacedById: newId } },
    );
    if (ended.modifiedCount === 0) {
      await keys.deleteOne({ _id: newId });
      throw changedMeanwhile(id);
    }
    await keys.updateOne({ _id: newId }, { $set: { revokedAt: null }, $unset: { replaces: 1 } });
  });
  context.audit({ tenantId: key.tenantId, type: 'ApiKey', id, before: old, after: key });
  context.loaders.apiKey.clear(id);
  await callersChanged(deps, key.tenantId);
  return { key, secret: text };
}
