import { HeddleError } from '#core/errors.ts';
import { checkedText, orConflict } from '#core/input.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import type { UpdateTeamInput } from '../generated.ts';
import { checkedLimits } from '../limits/limits.ts';
import { requireNoWiderLimits } from '../limits/no-wider.ts';
import { replaceLimits } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { visible } from '../tenants/visible.ts';

/** Changes the specified fields; null limits are none. FORBIDDEN for limits that are wider than before and than those of the caller, or than an operator's. */
export async function updateTeam(
  id: string,
  input: UpdateTeamInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<TeamRecord> {
  const before = await visible('team', id, context);
  const { tenantId } = before;
  const change: { name?: string; limits?: TeamRecord['limits'] } = {};
  if (input.name !== undefined) change.name = checkedText(input.name ?? '', 'input.name');
  if (input.limits !== undefined) {
    const wanted = checkedLimits(input.limits, 'input.limits');
    requireNoWiderLimits(wanted, before.limits, context.caller);
    change.limits = replaceLimits(before.limits, wanted, context.caller);
  }
  const unchanged = change.limits === undefined ? {} : { limits: before.limits };
  await context.auditTarget({ tenantId, type: 'Team', id });
  const after = await withLiveOwner({ tenantId, teamId: id }, deps, () =>
    orConflict(
      teams(deps.connection)
        .findOneAndUpdate({ _id: id, ...unchanged }, { $set: change }, { returnDocument: 'after' })
        .lean()
        .exec(),
      `There is a team named ${JSON.stringify(change.name)} in this tenant already.`,
    ),
  );
  if (!after) {
    throw new HeddleError(
      'CONFLICT',
      `The team ${id} has just been changed by another caller; read it and send the change again.`,
    );
  }
  context.audit({ tenantId, type: 'Team', id, before, after });
  context.loaders.team.clear(id);
  await callersChanged(deps, tenantId);
  return after;
}
