import { HeddleError } from '#core/errors.ts';
import { checkedText, orConflict } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { checkedCacheScope } from '../../runtime/checked-input.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import { changeMode } from '../documents/app-mode.ts';
import type { UpdateAppInput } from '../generated.ts';
import { checkedLimits } from '../limits/limits.ts';
import { requireNoWiderLimits } from '../limits/no-wider.ts';
import { replaceLimits } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { requireNames } from '../restrictions/bounds.ts';
import { chooseTeam, requireMovable } from '../teams/choose-team.ts';
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
    requireNoWiderLimits(wanted, before.limits, context.caller);
    change.limits = replaceLimits(before.limits, wanted, context.caller);
  }
  if (input.cacheByDefault !== undefined) change.cacheByDefault = input.cacheByDefault;
  if (input.cacheScope !== undefined) {
    change.cacheScope = checkedCacheScope(input.cacheScope, 'input.cacheScope');
  }
  if (input.trustedDocuments !== undefined) {
    Object.assign(change, changeMode(input.trustedDocuments, before, context.caller, deps));
  }
  for (const field of ['models', 'prompts'] as const) {
    if (input[field] === undefined) continue;
    const wanted = checkedPatterns(input[field], `input.${field}`);
    requireNames(field, wanted, context.caller);
    change[field] = wanted;
  }
  if (input.teamId !== undefined) {
    change.teamId = await chooseTeam(input.teamId, before.tenantId, context);
    if (change.teamId !== (before.teamId ?? null)) await requireMovable(before, context, deps.connection);
  }
  const unchanged = {
    ...(change.limits === undefined ? {} : { limits: before.limits }),
    ...(input.trustedDocuments === undefined
      ? {}
      : {
          trustedDocuments: before.trustedDocuments ?? null,
          trustedDocumentsMin: before.trustedDocumentsMin ?? null,
        }),
  };
  await context.auditTarget({ tenantId: before.tenantId, type: 'App', id });
  const after = await withLiveOwner(
    { tenantId: before.tenantId, appId: before._id, teamId: change.teamId },
    deps,
    () =>
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
