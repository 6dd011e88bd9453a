import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import type { AppRecord } from '#mongo/apps.ts';
import { budgets } from '#mongo/budgets.ts';
import { teams } from '#mongo/teams.ts';
import { readLimitSetter, toLimitSetter } from '../limits/set-limits.ts';
import type { TenantsContext } from '../loaders.ts';
import { visible } from '../tenants/visible.ts';

/** The team that an app or a budget of the tenant is to belong to; null: none. NOT_FOUND for one of another tenant. */
export async function chooseTeam(
  wanted: string | null | undefined,
  tenantId: string,
  context: TenantsContext,
): Promise<string | null> {
  if (wanted == null) return null;
  const team = await visible('team', wanted, context);
  return team.tenantId === tenantId ? team._id : notFound('team', wanted);
}

/**
 * FORBIDDEN where leaving its team would free an app of what binds it: a limit or budget that an operator set, or any where the
 * app is the caller's own.
 */
export async function requireMovable(
  { _id: appId, teamId }: AppRecord,
  { caller }: TenantsContext,
  connection: Connection,
): Promise<void> {
  if (teamId == null || toLimitSetter(caller) === 'OPERATOR') return;
  const [team, bounds] = await Promise.all([
    teams(connection).findById(teamId, { limits: 1 }).lean(),
    budgets(connection).find({ teamId }, { setBy: 1 }).lean(),
  ]);
  const binding = [...(team?.limits ?? []), ...bounds];
  if (binding.length === 0) return;
  if (caller.appId === appId) {
    throw new HeddleError(
      'FORBIDDEN',
      'No key moves its own app out of a team with limits or budgets: use a key of another app.',
    );
  }
  if (binding.some((one) => readLimitSetter(one) === 'OPERATOR')) {
    throw new HeddleError(
      'FORBIDDEN',
      'An operator has set limits or budgets of the team; only the scope tenants:admin moves an app out of it.',
    );
  }
}
