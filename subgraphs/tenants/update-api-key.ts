import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { checkedText } from '../shared/input.ts';
import { checkedAddresses } from './addresses.ts';
import { callersChanged, nowOf, type TenantsContext, type TenantsDeps } from './deps.ts';
import { checkedExpiry } from './expiry.ts';
import { changedMeanwhile, requireInForce } from './in-force.ts';
import { checkedLimits, type LimitInput } from './limits.ts';
import { requireAllScopes } from './scopes.ts';
import { visible } from './visible.ts';

export interface UpdateApiKeyInput {
  readonly label?: string | null;
  readonly limits?: readonly LimitInput[] | null;
  readonly allowedIps?: readonly string[] | null;
  readonly expiresAt?: Date | null;
}

/**
 * Changes what is given of a key in force; a key that has ended stays ended (CONFLICT). FORBIDDEN when the key has a
 * scope that the caller lacks: its bounds are part of what it was given.
 */
export async function updateApiKey(
  id: string,
  input: UpdateApiKeyInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ApiKeyRecord> {
  const now = nowOf(deps);
  const before = await visible('apiKey', id, context);
  requireAllScopes(context.caller, before.scopes);
  requireInForce(before, now);
  const change: Partial<ApiKeyRecord> = {};
  if (input.label !== undefined) change.label = checkedText(input.label ?? '', 'input.label');
  if (input.limits !== undefined) change.limits = checkedLimits(input.limits, 'input.limits');
  if (input.allowedIps !== undefined) {
    change.allowedIps = checkedAddresses(input.allowedIps, 'input.allowedIps');
  }
  if (input.expiresAt !== undefined) {
    change.expiresAt = checkedExpiry(input.expiresAt, 'input.expiresAt', now);
  }
  const after = await apiKeys(deps.connection)
    .findOneAndUpdate(
      { _id: id, revokedAt: null, replacedById: null },
      { $set: change },
      { returnDocument: 'after' },
    )
    .lean();
  if (!after) throw changedMeanwhile(id);
  context.audit({ tenantId: after.tenantId, type: 'ApiKey', id, before, after });
  context.loaders.apiKey.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}
