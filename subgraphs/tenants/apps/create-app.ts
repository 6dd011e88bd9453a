import { checkedText, orConflict } from '#core/input.ts';
import { checkedPatterns } from '#core/name-patterns.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { checkedCacheScope } from '../../runtime/checked-input.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { changeMode } from '../documents/app-mode.ts';
import type { CreateAppInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import { checkedLimits } from '../limits/limits.ts';
import { replaceLimits } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { chooseTeam } from '../teams/choose-team.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';

/** Adds an app to the caller's tenant, or to another that it may see. CONFLICT when the name is taken there. */
export async function createApp(
  input: CreateAppInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<AppRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const teamId = await chooseTeam(input.teamId, tenantId, context);
  const records = apps(deps.connection);
  const app: AppRecord = {
    _id: randomId(),
    tenantId,
    name: checkedText(input.name, 'input.name'),
    ...(teamId === null ? {} : { teamId }),
    limits: replaceLimits([], checkedLimits(input.limits, 'input.limits'), context.caller),
    cacheByDefault: input.cacheByDefault ?? null,
    cacheScope: checkedCacheScope(input.cacheScope, 'input.cacheScope'),
    models: checkedPatterns(input.models, 'input.models'),
    prompts: checkedPatterns(input.prompts, 'input.prompts'),
    ...changeMode(input.trustedDocuments ?? null, {}, context.caller, deps),
    createdAt: readNow(deps),
  };
  await context.auditTarget({ tenantId, type: 'App', id: app._id });
  await withLiveOwner({ tenantId, teamId }, deps, async () => {
    await requireRoom(deps, 'appsPerTenant', () => records.countDocuments({ tenantId, archivedAt: null }));
    await orConflict(
      records.create({ ...app }),
      `There is an app named ${JSON.stringify(app.name)} in this tenant already.`,
    );
  });
  context.audit({ tenantId, type: 'App', id: app._id, after: app });
  await callersChanged(deps, tenantId);
  return app;
}
