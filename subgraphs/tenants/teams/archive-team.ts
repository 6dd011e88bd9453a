import { HeddleError } from '#core/errors.ts';
import { notFound, orConflict } from '#core/input.ts';
import { apps } from '#mongo/apps.ts';
import { budgets } from '#mongo/budgets.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { requireSetter, toLimitSetter } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { storedArchivedName, withShownName } from '../tenants/archived-name.ts';
import { changeArchived, markHidden, requireLive, withTenant } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';

/**
 * Archives a team without apps and budgets and returns its id: lists leave it out, and its name is free. One that is archived
 * keeps its time. CONFLICT while an app that is not archived, or a budget, belongs to it.
 */
export async function archiveTeam(id: string, context: TenantsContext, deps: TenantsDeps): Promise<string> {
  const { tenantId } = await visible('team', id, context);
  const records = teams(deps.connection);
  await context.auditTarget({ tenantId, type: 'Team', id });
  const change = await withTenant(tenantId, deps, async () => {
    const before = (await records.findById(id).lean()) ?? notFound('team', id);
    if (before.archivedAt != null) {
      await markHidden(tenantId, deps.connection);
      return null;
    }
    await requireEmpty(before, deps);
    await requireRoom(deps, 'archivedTeamsPerTenant', () =>
      records.countDocuments({ tenantId, archivedAt: { $ne: null } }),
    );
    const archived = {
      name: storedArchivedName(before),
      archivedAt: readNow(deps),
      archivedBy: toLimitSetter(context.caller),
    };
    await changeArchived(tenantId, deps.connection, () =>
      records.updateOne({ _id: id }, { $set: archived }).exec(),
    );
    return { before, after: { ...before, ...archived } };
  });
  if (change === null) context.unchanged();
  else {
    const { before, after } = change;
    context.audit({ tenantId, type: 'Team', id, before, after: withShownName(after) });
  }
  context.loaders.team.clear(id);
  return id;
}

async function requireEmpty({ _id: teamId }: TeamRecord, { connection }: TenantsDeps): Promise<void> {
  const [app, budget] = await Promise.all([
    apps(connection).findOne({ teamId, archivedAt: null }, { name: 1 }).lean(),
    budgets(connection).findOne({ teamId }, { _id: 1 }).lean(),
  ]);
  if (app) {
    throw new HeddleError(
      'CONFLICT',
      `The app ${JSON.stringify(app.name)} belongs to this team: move its apps to another team, or archive them.`,
    );
  }
  if (budget)
    throw new HeddleError('CONFLICT', `The budget ${budget._id} belongs to this team: delete its budgets.`);
}

/** Takes an archived team back into use. FORBIDDEN to a tenant for one that an operator has archived, CONFLICT where its name has been given again. */
export async function restoreTeam(
  id: string,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TeamRecord> {
  const { tenantId } = await visible('team', id, context);
  const records = teams(deps.connection);
  await context.auditTarget({ tenantId, type: 'Team', id });
  const { before, after } = await withTenant(tenantId, deps, async () => {
    const before = (await records.findById(id).lean()) ?? notFound('team', id);
    if (before.archivedAt == null) {
      await markHidden(tenantId, deps.connection);
      return { before, after: before };
    }
    requireSetter('That this team is archived', { setBy: before.archivedBy ?? 'OPERATOR' }, context.caller);
    await requireLive({ tenantId }, deps);
    await requireRoom(deps, 'teamsPerTenant', () => records.countDocuments({ tenantId, archivedAt: null }));
    const restored = { name: withShownName(before).name, archivedAt: null, archivedBy: null };
    await changeArchived(tenantId, deps.connection, () =>
      orConflict(
        records.updateOne({ _id: id }, { $set: restored }).exec(),
        `There is a team named ${JSON.stringify(restored.name)} in this tenant already: rename or archive that one first.`,
      ),
    );
    return { before, after: { ...before, ...restored } };
  });
  if (after === before) context.unchanged();
  else context.audit({ tenantId, type: 'Team', id, before: withShownName(before), after });
  context.loaders.team.clear(id);
  return after;
}
