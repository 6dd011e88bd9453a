import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { plans } from '#mongo/plans.ts';
import { tenants } from '#mongo/tenants.ts';
import type { Caller, CallerLimit } from '#schema/caller.ts';
import { nowOf, type TenantsDeps } from './deps.ts';

/**
 * The caller that a key of this SHA-256 stands for, with every limit that binds it; null when there is no such key,
 * or it was revoked or has expired. Four commands, three of them at once; the gateway remembers the answer.
 */
export async function findCaller(keyHash: string, deps: TenantsDeps): Promise<Caller | null> {
  const { connection } = deps;
  const key = await apiKeys(connection).findOne({ keyHash }).lean();
  if (!key || key.revokedAt !== null || (key.expiresAt && key.expiresAt <= nowOf(deps))) return null;
  const [tenant, app, bounds] = await Promise.all([
    tenants(connection).findById(key.tenantId).lean(),
    apps(connection).findById(key.appId).lean(),
    budgets(connection)
      .find({ tenantId: key.tenantId, appId: { $in: [null, key.appId] } })
      .lean(),
  ]);
  if (!tenant || !app) return null;
  const plan = await plans(connection).findById(tenant.planId).lean();
  return {
    kind: 'API_KEY',
    tenantId: tenant._id,
    appId: app._id,
    keyId: key._id,
    keyLineId: key.lineId,
    subject: null,
    scopes: key.scopes,
    limits: limitsOf(tenant._id, plan?.limits ?? [], app, key, bounds),
    allowedRegions: tenant.allowedRegions,
    payloadLogging: tenant.payloadLogging,
    cacheByDefault: app.cacheByDefault ?? tenant.cacheByDefault,
    allowedIps: key.allowedIps,
    expiresAtMs: key.expiresAt?.getTime() ?? null,
  };
}

function limitsOf(
  tenantId: string,
  planLimits: readonly LimitRecord[],
  app: AppRecord,
  key: ApiKeyRecord,
  bounds: readonly BudgetRecord[],
): CallerLimit[] {
  const under = (subject: string, limits: readonly LimitRecord[]): CallerLimit[] =>
    limits.map(({ meter, window, amount }) => ({ subject, meter, window, amount: amount.toString() }));
  return [
    ...under(`tenant:${tenantId}`, planLimits),
    ...under(`app:${app._id}`, app.limits),
    ...under(`key:${key.lineId}`, key.limits),
    ...bounds.map(
      ({ _id, appId, window, amountNanos, hard }): CallerLimit => ({
        subject: `budget:${_id}`,
        meter: 'COST',
        window,
        amount: amountNanos.toString(),
        budget: { hard, ...(appId === null ? {} : { appId }) },
      }),
    ),
  ];
}
