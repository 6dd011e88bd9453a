import { checkedText, orConflict } from '#core/input.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import type { CreateTeamInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import { checkedLimits } from '../limits/limits.ts';
import { replaceLimits } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { findTenantId } from '../tenants/visible.ts';

/** Adds a team to the caller's tenant, or to another that it may see. CONFLICT when the name is taken there. */
export async function createTeam(
  input: CreateTeamInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TeamRecord> {
  const tenantId = await findTenantId(input.tenantId, context);
  const records = teams(deps.connection);
  const team: TeamRecord = {
    _id: randomId(),
    tenantId,
    name: checkedText(input.name, 'input.name'),
    limits: replaceLimits([], checkedLimits(input.limits, 'input.limits'), context.caller),
    createdAt: readNow(deps),
  };
  await context.auditTarget({ tenantId, type: 'Team', id: team._id });
  await withLiveOwner({ tenantId }, deps, async () => {
    await requireRoom(deps, 'teamsPerTenant', () => records.countDocuments({ tenantId, archivedAt: null }));
    await orConflict(
      records.create({ ...team }),
      `There is a team named ${JSON.stringify(team.name)} in this tenant already.`,
    );
  });
  context.audit({ tenantId, type: 'Team', id: team._id, after: team });
  return team;
}
