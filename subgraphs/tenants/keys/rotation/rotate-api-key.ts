import { badInput } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { loadReferred } from '../../../runtime/loaders.ts';
import { callersChanged, readNow, type TenantsDeps } from '../../deps.ts';
import type { ResolversParentTypes } from '../../generated.ts';
import type { TenantsContext } from '../../loaders.ts';
import { findKeyMaker } from '../../members/find-maker.ts';
import { toKeyEvent } from '../../report-dates.ts';
import { boundsOfCaller, boundsOfKey, requireAnotherKey, requireWithin } from '../../restrictions/bounds.ts';
import { requireAllScopes, scopesOfKey } from '../../restrictions/scopes.ts';
import { visible } from '../../tenants/visible.ts';
import { changedMeanwhile, requireInForce } from '../in-force.ts';
import { requireOwner } from '../key-owner.ts';
import { hashOfKey, hintOfKey, newKeyText } from '../key-text.ts';
import { withRoomForKey } from '../make-room-for-key.ts';
import { overlapSecondsMax, startSchedule } from './rotation-schedule.ts';

/**
 * Makes the successor of a key: same rights, limits and meters. The old key ends after the overlap, or when it would
 * have ended anyway; without `overlapSeconds` it is that of its schedule, else 0. The answer holds the new secret, so the key must be another one, within the bounds of the caller,
 * and its successor ends no later than the caller. Of two rotations or changes at once one is refused with CONFLICT.
 * Whoever loses the answer rotates the successor, which the refusal of a repeated rotation names.
 */
export async function rotateApiKey(
  id: string,
  overlapSeconds: number | null | undefined,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ResolversParentTypes['CreatedApiKey']> {
  if (overlapSeconds != null && (overlapSeconds < 0 || overlapSeconds > overlapSecondsMax)) {
    badInput(
      'overlapSeconds',
      `must lie between 0 and ${overlapSecondsMax} (30 days); it is ${overlapSeconds}.`,
    );
  }
  const old = await visible('apiKey', id, context);
  requireAllScopes(context.caller, scopesOfKey(old));
  requireAnotherKey(context.caller, old);
  const bounds = boundsOfCaller(context.caller, await loadReferred(context.loaders.app, old.appId));
  requireWithin('The key', boundsOfKey(old), bounds);
  const now = readNow(deps);
  requireInForce(old, now);
  const { id: newId, text } = newKeyText();
  const { lastUsedFrom: _from, eventId: _event, ...kept } = old;
  const key: ApiKeyRecord = {
    ...kept,
    _id: newId,
    hint: hintOfKey(text),
    keyHash: hashOfKey(text),
    ...renewEnd(old, now, bounds.expiresAtMs ?? Number.POSITIVE_INFINITY),
    lastUsedAt: null,
    // Its app may have been restored since it was read; what is created is below nothing archived.
    hidden: null,
    createdAt: now,
  };
  const keys = apiKeys(deps.connection);
  const overlap = overlapSeconds ?? old.rotationOverlapSeconds ?? 0;
  const overlapEnd = new Date(now.getTime() + overlap * 1000);
  const end: Partial<ApiKeyRecord> =
    overlap === 0
      ? { revokedAt: now }
      : { expiresAt: old.expiresAt && old.expiresAt < overlapEnd ? old.expiresAt : overlapEnd };
  const { label, scopes, limits, allowedIps, expiresAt, models = null, prompts = null } = old;
  const { rotationDueAt = null } = old;
  const same = { label, scopes, limits, allowedIps, expiresAt, models, prompts, rotationDueAt };
  const { tenantId, subject, type, data } = toKeyEvent('key.rotated', { ...old, ...end });
  const event = { type, tenantId, subject, data: { ...data, successorId: newId } };
  await context.auditTarget({ tenantId: key.tenantId, type: 'ApiKey', id });
  await withRoomForKey(old, now, deps, async () => {
    await requireOwner(old, context.caller, deps);
    key.madeByMemberId = await findKeyMaker(context.caller, deps);
    // Not in force before the old key names it: a process that is killed before leaves the old key valid, and
    // settleRotations deletes this one.
    await keys.create({ ...key, revokedAt: now, replaces: id });
    const proof = { collection: 'api_keys', id, by: 'STAMP' } as const;
    const ended = await deps.events.withChange(event, proof, async (eventId) => {
      const { modifiedCount } = await keys.updateOne(
        { _id: id, revokedAt: null, replacedById: null, ...same },
        { $set: { ...end, replacedById: newId, eventId } },
      );
      return modifiedCount === 0 ? null : id;
    });
    if (ended === null) {
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

/** The end of the successor: by its schedule, or after as long as the old key was made for; no later than another one. */
function renewEnd(
  { rotateEveryDays, rotationOverlapSeconds, expiresAt, createdAt }: ApiKeyRecord,
  now: Date,
  endsAtMs: number,
): Partial<ApiKeyRecord> {
  if (rotateEveryDays != null)
    return startSchedule(rotateEveryDays, rotationOverlapSeconds ?? 0, now, endsAtMs);
  if (expiresAt === null) return { expiresAt };
  const lifetimeMs = expiresAt.getTime() - createdAt.getTime();
  return { expiresAt: new Date(Math.min(now.getTime() + lifetimeMs, endsAtMs)) };
}
