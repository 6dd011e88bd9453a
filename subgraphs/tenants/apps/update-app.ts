import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { checkedText, orConflict } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import type { LimitRecord } from '#mongo/limit.ts';
import { checkedCacheScope } from '../../runtime/checked-input.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { UpdateAppInput } from '../generated.ts';
import { limitsExceeded } from '../limits/limit-bounds.ts';
import { checkedLimits } from '../limits/limits.ts';
import { replaceLimits, toLimitSetter } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { limitsOfCaller, requireNames } from '../restrictions/bounds.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';

/**
 * Changes the specified fields; null limits are none, null cacheByDefault and cacheScope leave it to the tenant. FORBIDDEN for limits that
 * are wider than before and than those of the caller, or than an operator's.
 */
export async function updateApp(
  id: string,
  input: UpdateAppInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<AppRecord> {
  const before = await visible('app', id, context);
  const change: Partial<AppRecord> = {};
  if (input.name !== undefined) change.name = checkedText(input.name ?? '', 'input.name');
  if (input.limits !== undefined) {
    const wanted = checkedLimits(input.limits, 'input.limits');
    requireNoWider(wanted, before, context.caller);
    change.limits = replaceLimits(before.limits, wanted, context.caller);
  }
  if (input.cacheByDefault !== undefined) change.cacheByDefault = input.cacheByDefault;
  if (input.cacheScope !== undefined) {
    change.cacheScope = checkedCacheScope(input.cacheScope, 'input.cacheScope');
  }
  for (const field of ['models', 'prompts'] as const) {
    if (input[field] === undefined) continue;
    const wanted = checkedPatterns(input[field], `input.${field}`);
    requireNames(field, wanted, context.caller);
    change[field] = wanted;
  }
  const unchanged = change.limits === undefined ? {} : { limits: before.limits };
  await context.auditTarget({ tenantId: before.tenantId, type: 'App', id });
  const after = await withLiveOwner({ tenantId: before.tenantId, appId: before._id }, deps, () =>
    orConflict(
      apps(deps.connection)
        .findOneAndUpdate({ _id: before._id, ...unchanged }, { $set: change }, { returnDocument: 'after' })
        .lean()
        .exec(),
      `There is an app named ${JSON.stringify(change.name)} in this tenant already.`,
    ),
  );
  if (!after)
    throw new HeddleError(
      'CONFLICT',
      `The app ${id} has just been changed by another caller; read it and send the change again.`,
    );
  context.audit({ tenantId: after.tenantId, type: 'App', id, before, after });
  context.loaders.app.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}

/** A caller raises limits to its own at most: so it never raises those of its own app. An operator may, by its scope. */
function requireNoWider(wanted: readonly LimitRecord[], before: AppRecord, caller: Caller): void {
  if (limitsExceeded(wanted, before.limits).length === 0) return;
  const isOperator = toLimitSetter(caller) === 'OPERATOR';
  const own = limitsOfCaller(caller).filter(({ subject }) => !isOperator || subject.startsWith('key:'));
  const [exceeded] = limitsExceeded(
    wanted,
    own.map(({ limit }) => limit),
  );
  if (exceeded === undefined) return;
  throw new HeddleError(
    'FORBIDDEN',
    `The limits exceed those of the key that you call with: ${exceeded.meter} per ${exceeded.window}. Lower them, or use a key with wider limits.`,
  );
}
