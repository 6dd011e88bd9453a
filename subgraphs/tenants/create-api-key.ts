import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { checkedText } from '../shared/input.ts';
import { checkedAddresses } from './addresses.ts';
import { callersChanged, nowOf, type TenantsContext, type TenantsDeps } from './deps.ts';
import { checkedExpiry } from './expiry.ts';
import { hashOfKey, hintOfKey, newKeyText } from './key-text.ts';
import { checkedLimits, type LimitInput } from './limits.ts';
import { makeRoomForKey } from './make-room-for-key.ts';
import { checkedScopes, requireAllScopes } from './scopes.ts';
import { visible } from './visible.ts';

export interface CreateApiKeyInput {
  readonly appId: string;
  readonly label?: string | null;
  readonly scopes?: readonly string[] | null;
  readonly limits?: readonly LimitInput[] | null;
  readonly allowedIps?: readonly string[] | null;
  readonly expiresAt?: Date | null;
}

export interface CreatedApiKey {
  readonly key: ApiKeyRecord;
  /** The whole text: for the answer and nothing else. */
  readonly secret: string;
}

/** Makes a key of an app that the caller may see. FORBIDDEN when it asks for a scope that the caller lacks. */
export async function createApiKey(
  input: CreateApiKeyInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<CreatedApiKey> {
  const app = await visible('app', input.appId, context);
  const scopes = checkedScopes(input.scopes, 'input.scopes');
  requireAllScopes(context.caller, scopes);
  const now = nowOf(deps);
  const { id, text } = newKeyText();
  const key: ApiKeyRecord = {
    _id: id,
    tenantId: app.tenantId,
    appId: app._id,
    label: checkedText(input.label ?? 'key', 'input.label'),
    hint: hintOfKey(text),
    keyHash: hashOfKey(text),
    scopes,
    limits: checkedLimits(input.limits, 'input.limits'),
    lineId: id,
    allowedIps: checkedAddresses(input.allowedIps, 'input.allowedIps'),
    expiresAt: checkedExpiry(input.expiresAt, 'input.expiresAt', now),
    lastUsedAt: null,
    revokedAt: null,
    replacedById: null,
    createdAt: now,
  };
  await makeRoomForKey(app._id, now, deps);
  await apiKeys(deps.connection).create({ ...key });
  context.audit({ tenantId: key.tenantId, type: 'ApiKey', id, after: key });
  await callersChanged(deps, key.tenantId);
  return { key, secret: text };
}
