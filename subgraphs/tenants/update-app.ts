import { type AppRecord, apps } from '#mongo/apps.ts';
import { checkedText, notFound, orConflict } from '../shared/input.ts';
import { callersChanged, type TenantsContext, type TenantsDeps } from './deps.ts';
import { checkedLimits, type LimitInput } from './limits.ts';
import { visible } from './visible.ts';

export interface UpdateAppInput {
  readonly name?: string | null;
  readonly limits?: readonly LimitInput[] | null;
  readonly cacheByDefault?: boolean | null;
}

/** Changes what is given; null limits are none, null cacheByDefault leaves it to the tenant. */
export async function updateApp(
  id: string,
  input: UpdateAppInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<AppRecord> {
  const before = await visible('app', id, context);
  const change: Partial<AppRecord> = {};
  if (input.name !== undefined) change.name = checkedText(input.name ?? '', 'input.name');
  if (input.limits !== undefined) change.limits = checkedLimits(input.limits, 'input.limits');
  if (input.cacheByDefault !== undefined) change.cacheByDefault = input.cacheByDefault;
  const after = await orConflict(
    apps(deps.connection)
      .findOneAndUpdate({ _id: id }, { $set: change }, { returnDocument: 'after' })
      .lean()
      .exec(),
    `There is an app named ${JSON.stringify(change.name)} in this tenant already.`,
  );
  if (!after) notFound('app', id);
  context.audit({ tenantId: after.tenantId, type: 'App', id, before, after });
  context.loaders.app.clear(id);
  await callersChanged(deps, after.tenantId);
  return after;
}
