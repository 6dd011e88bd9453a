import { checkedText } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { CreateApiKeyInput, ResolversParentTypes } from '../generated.ts';
import { narrowLimits } from '../limits/limit-bounds.ts';
import { checkedLimits } from '../limits/limits.ts';
import { toLimitSetter } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { findKeyMaker } from '../members/find-maker.ts';
import { toKeyEvent } from '../report-dates.ts';
import { checkedAddresses } from '../restrictions/address-ranges.ts';
import { boundsOfCaller, boundsOfKey, requireWithin } from '../restrictions/bounds.ts';
import { checkedScopes, requireAllScopes } from '../restrictions/scopes.ts';
import { visible } from '../tenants/visible.ts';
import { checkedExpiry } from './in-force.ts';
import { checkedOwner, requireOwner, requireScopesOfOwner } from './key-owner.ts';
import { hashOfKey, hintOfKey, newKeyText } from './key-text.ts';
import { withRoomForKey } from './make-room-for-key.ts';
import { readMakerScopes } from './makers.ts';
import { checkedSchedule } from './rotation/rotation-schedule.ts';

/**
 * Makes a key of an app that the caller may see, within the bounds of the caller: what is left out is as wide as they
 * are, or as the default limits where those are narrower; FORBIDDEN for more, and for an owner whose keys the caller may not make.
 */
export async function createApiKey(
  input: CreateApiKeyInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ResolversParentTypes['CreatedApiKey']> {
  const app = await visible('app', input.appId, context);
  const scopes = checkedScopes(input.scopes, 'input.scopes');
  requireAllScopes(context.caller, scopes);
  const maker = boundsOfCaller(context.caller, app);
  const makerScopes = readMakerScopes(context.caller, app);
  const limits =
    input.limits == null
      ? narrowLimits(deps.defaultLimits.key, maker.limits)
      : checkedLimits(input.limits, 'input.limits');
  const now = readNow(deps);
  const { id, text } = newKeyText();
  const key: ApiKeyRecord = {
    _id: id,
    tenantId: app.tenantId,
    appId: app._id,
    label: checkedText(input.label ?? 'key', 'input.label'),
    ...checkedOwner(input),
    hint: hintOfKey(text),
    keyHash: hashOfKey(text),
    scopes,
    limits: limits.map((limit) => ({ ...limit, setBy: toLimitSetter(context.caller) })),
    lineId: id,
    ...(makerScopes.length === 0 ? {} : { makerScopes }),
    allowedIps:
      checkedAddresses(input.allowedIps, 'input.allowedIps') ?? (maker.allowedIps && [...maker.allowedIps]),
    expiresAt:
      checkedExpiry(input.expiresAt, 'input.expiresAt', now) ??
      (maker.expiresAtMs === null ? null : new Date(maker.expiresAtMs)),
    ...checkedSchedule(input, now),
    models: checkedPatterns(input.models, 'input.models') ?? (maker.models && [...maker.models]),
    prompts: checkedPatterns(input.prompts, 'input.prompts') ?? (maker.prompts && [...maker.prompts]),
    lastUsedAt: null,
    revokedAt: null,
    replacedById: null,
    createdAt: now,
  };
  requireWithin('The new key', boundsOfKey(key), maker);
  await context.auditTarget({ tenantId: key.tenantId, type: 'ApiKey', id });
  await withRoomForKey(key, now, deps, async () => {
    await requireOwner(key, context.caller, deps);
    await requireScopesOfOwner(key, deps);
    key.madeByMemberId = await findKeyMaker(context.caller, deps);
    const proof = { collection: 'api_keys', id, by: 'EXISTS' } as const;
    await deps.events.withChange(toKeyEvent('key.created', key), proof, () =>
      apiKeys(deps.connection).create({ ...key }),
    );
  });
  context.audit({ tenantId: key.tenantId, type: 'ApiKey', id, after: key });
  await callersChanged(deps, key.tenantId);
  return { key, secret: text };
}
