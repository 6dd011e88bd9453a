import { checkedText } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { loadReferred } from '../../runtime/loaders.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { UpdateApiKeyInput } from '../generated.ts';
import { narrowLimits } from '../limits/limit-bounds.ts';
import { checkedLimits } from '../limits/limits.ts';
import { readLimitSetter, replaceLimits } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedAddresses } from '../restrictions/address-ranges.ts';
import {
  boundsOfCaller,
  boundsOfKey,
  findExcess,
  requireAnotherKey,
  requireWithin,
} from '../restrictions/bounds.ts';
import { changedScopes, requireAllScopes, scopesOfKey } from '../restrictions/scopes.ts';
import { requireLive } from '../tenants/below-tenant.ts';
import { keepingOperators } from '../tenants/keep-operators.ts';
import { visible } from '../tenants/visible.ts';
import { changedMeanwhile, checkedExpiry, requireInForce } from './in-force.ts';
import { requireScopesOfOwner } from './key-owner.ts';
import { changedSchedule } from './rotation/rotation-schedule.ts';

/**
 * Changes the specified fields of another key in force; a key that has ended stays ended (CONFLICT). FORBIDDEN when the key
 * exceeds the bounds of the caller, before or after.
 */
export async function updateApiKey(
  id: string,
  input: UpdateApiKeyInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ApiKeyRecord> {
  const now = readNow(deps);
  const before = await visible('apiKey', id, context);
  requireAllScopes(context.caller, scopesOfKey(before));
  requireAnotherKey(context.caller, before);
  const bounds = boundsOfCaller(context.caller, await loadReferred(context.loaders.app, before.appId));
  requireWithin('The key', boundsOfKey(before), bounds);
  requireInForce(before, now);
  await requireLive(before, deps);
  const change: Partial<ApiKeyRecord> = {};
  if (input.label !== undefined) change.label = checkedText(input.label ?? '', 'input.label');
  if (input.scopes !== undefined) change.scopes = changedScopes(before, input.scopes);
  if (input.limits !== undefined) {
    const wanted =
      input.limits === null
        ? narrowLimits(deps.defaultLimits.key, [
            ...bounds.limits,
            ...before.limits.filter((limit) => readLimitSetter(limit) === 'OPERATOR'),
          ])
        : checkedLimits(input.limits, 'input.limits');
    change.limits = replaceLimits(before.limits, wanted, context.caller);
  }
  if (input.allowedIps !== undefined) {
    change.allowedIps = checkedAddresses(input.allowedIps, 'input.allowedIps');
  }
  Object.assign(change, changedSchedule(before, input, now));
  if (input.expiresAt !== undefined) {
    change.expiresAt = checkedExpiry(input.expiresAt, 'input.expiresAt', now);
  }
  if (input.models !== undefined) change.models = checkedPatterns(input.models, 'input.models');
  if (input.prompts !== undefined) change.prompts = checkedPatterns(input.prompts, 'input.prompts');
  const wanted = { ...before, ...change };
  requireWithin('The key', boundsOfKey(wanted), bounds);
  if (change.scopes !== undefined) await requireScopesOfOwner(wanted, deps);
  const { label, scopes, limits, allowedIps, expiresAt, models = null, prompts = null } = before;
  const { rotationDueAt = null } = before;
  const update = () =>
    apiKeys(deps.connection)
      .findOneAndUpdate(
        {
          _id: id,
          revokedAt: null,
          replacedById: null,
          label,
          scopes,
          limits,
          allowedIps,
          expiresAt,
          models,
          prompts,
          rotationDueAt,
        },
        { $set: change },
        { returnDocument: 'after' },
      )
      .lean()
      .exec();
  await context.auditTarget({ tenantId: before.tenantId, type: 'ApiKey', id });
  const narrows = findExcess(boundsOfKey(before), boundsOfKey(wanted)).length > 0;
  const after = await (narrows ? keepingOperators(before, deps.connection, update) : update());
  if (!after) throw changedMeanwhile(id);
  context.audit({ tenantId: after.tenantId, type: 'ApiKey', id, before, after });
  context.loaders.apiKey.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}
