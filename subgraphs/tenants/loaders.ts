import DataLoader from 'dataloader';
import { hasScope } from '#core/caller.ts';
import { seesTenant } from '#core/tenant-reach.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { guardrailPolicies, type PresentGuardrailPolicy } from '#mongo/guardrail-policies.ts';
import { type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { type MemberGroupRecord, memberGroups } from '#mongo/member-groups.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { type PlanRecord, plans } from '#mongo/plans.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import { type WebhookRecord, webhooks } from '#mongo/webhooks.ts';
import { readBudgetScope } from '#state/quota/caller-limits.ts';
import type { QuotaReading } from '#state/quota/quota.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import { boundedGroupLoader, groupLoader, recordLoader } from '../runtime/loaders.ts';
import type { TenantsDeps } from './deps.ts';

/** Lists are read oldest first. */
const oldestFirst = { createdAt: 1, _id: 1 } as const;

const readId = (record: { readonly _id: string }) => record._id;
const readTenantId = (record: { readonly tenantId: string }) => record.tenantId;

/** Everything that one operation reads, each kind with one command a tick, and only what the caller may see. */
export function createTenantsLoaders(
  { caller }: Pick<SubgraphContext, 'caller'>,
  { connection, quota }: Pick<TenantsDeps, 'connection' | 'quota'>,
) {
  const seen = (record: { readonly tenantId: string }) => seesTenant(caller, record.tenantId);
  return {
    tenant: recordLoader<TenantRecord>(
      (ids) =>
        tenants(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      (tenant) => seesTenant(caller, tenant._id),
    ),
    app: recordLoader<AppRecord>(
      (ids) =>
        apps(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    team: recordLoader<TeamRecord>(
      (ids) =>
        teams(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    apiKey: recordLoader<ApiKeyRecord>(
      (ids) =>
        apiKeys(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    member: recordLoader<MemberRecord>(
      (ids) =>
        members(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    memberGroup: recordLoader<MemberGroupRecord>(
      (ids) =>
        memberGroups(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    /** The ids of the members of groups, oldest first. */
    memberIdsOfGroup: new DataLoader<string, readonly string[]>(async (groupIds) => {
      const found = await members(connection)
        .find({ 'provisioned.groupIds': { $in: groupIds } }, { tenantId: 1, provisioned: 1 })
        .sort(oldestFirst)
        .lean();
      const ids = new Map<string, string[]>(groupIds.map((groupId) => [groupId, []]));
      for (const { _id, provisioned } of found.filter(seen)) {
        for (const groupId of provisioned?.groupIds ?? []) ids.get(groupId)?.push(_id);
      }
      return groupIds.map((groupId) => ids.get(groupId) ?? []);
    }),
    invitation: recordLoader<InvitationRecord>(
      (ids) =>
        invitations(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    /** Plans are the mesh's and no secret; only callers with credentials see them. */
    plan: recordLoader<PlanRecord>(
      (ids) =>
        plans(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      () => caller.kind !== 'ANONYMOUS',
    ),
    budget: recordLoader<BudgetRecord>(
      (ids) =>
        budgets(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    accessGrant: recordLoader<AccessGrantRecord>(
      (ids) =>
        accessGrants(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      seen,
    ),
    guardrailPolicy: recordLoader<PresentGuardrailPolicy>(
      (ids) =>
        guardrailPolicies(connection)
          .find({ _id: { $in: ids } }, { versions: 0 })
          .lean(),
      readId,
      ({ tenantId }) =>
        tenantId === null ? hasScope(caller, 'tenants:admin') : seesTenant(caller, tenantId),
    ),
    webhook: recordLoader<WebhookRecord>(
      (ids) =>
        webhooks(connection)
          .find({ _id: { $in: ids } })
          .lean(),
      readId,
      ({ tenantId }) =>
        tenantId === null ? hasScope(caller, 'tenants:admin') : seesTenant(caller, tenantId),
    ),
    appsOfTenant: boundedGroupLoader<AppRecord>(
      (ids, limit) =>
        apps(connection)
          .find({ tenantId: { $in: [...ids] }, archivedAt: null })
          .sort(oldestFirst)
          .limit(limit)
          .lean(),
      readTenantId,
      seen,
    ),
    appsOfTeam: boundedGroupLoader<AppRecord>(
      (ids, limit) =>
        apps(connection)
          .find({ teamId: { $in: [...ids] }, archivedAt: null })
          .sort(oldestFirst)
          .limit(limit)
          .lean(),
      ({ teamId }) => teamId ?? '',
      seen,
    ),
    membersOfTenant: boundedGroupLoader<MemberRecord>(
      (ids, limit) =>
        members(connection)
          .find({ tenantId: { $in: [...ids] } })
          .sort(oldestFirst)
          .limit(limit)
          .lean(),
      readTenantId,
      seen,
    ),
    budgetsOfTenant: boundedGroupLoader<BudgetRecord>(
      (ids, limit) =>
        budgets(connection)
          .find({ tenantId: { $in: [...ids] }, hidden: null })
          .sort(oldestFirst)
          .limit(limit)
          .lean(),
      readTenantId,
      seen,
    ),
    /** All of them are hidden. */
    budgetsOfArchivedTenant: boundedGroupLoader<BudgetRecord>(
      (ids, limit) =>
        budgets(connection)
          .find({ tenantId: { $in: [...ids] }, hidden: true })
          .sort(oldestFirst)
          .limit(limit)
          .lean(),
      readTenantId,
      seen,
    ),
    budgetsOfKeyLine: groupLoader<BudgetRecord>(
      (lineIds) =>
        budgets(connection)
          .find({ keyLineId: { $in: lineIds } })
          .sort(oldestFirst)
          .lean(),
      ({ keyLineId }) => keyLineId ?? '',
      seen,
    ),
    /** The last key of a line of rotations. */
    keyOfLine: recordLoader<ApiKeyRecord>(
      (lineIds) =>
        apiKeys(connection)
          .find({ lineId: { $in: lineIds }, replacedById: null })
          .lean(),
      ({ lineId }) => lineId,
      seen,
    ),
    keysOfApp: boundedGroupLoader<ApiKeyRecord>(
      (ids, limit) =>
        apiKeys(connection)
          .find({ appId: { $in: [...ids] } })
          .sort(oldestFirst)
          .limit(limit)
          .lean(),
      (key) => key.appId,
      seen,
    ),
    /** Spent and reserved of budgets: one reading a tenant. */
    spending: new DataLoader<BudgetRecord, QuotaReading, string>(
      async (records) => {
        const byTenant = Map.groupBy(records, readTenantId);
        const readings = new Map<string, QuotaReading>();
        await Promise.all(
          [...byTenant].map(async ([tenantId, group]) => {
            const read = await quota.read(tenantId, group.map(spendingKey));
            group.forEach((budget, i) => {
              const reading = read[i];
              if (reading) readings.set(budget._id, reading);
            });
          }),
        );
        return records.map((budget) => readings.get(budget._id) ?? { spent: 0n, reserved: 0n });
      },
      { cacheKeyFn: readId },
    ),
  };
}

/** What a budget's spending is counted under: the demands made from a caller's limits name the same. */
function spendingKey({ _id, tenantId, window, ...place }: BudgetRecord) {
  const scope = readBudgetScope(place, tenantId);
  return { subject: `budget:${_id}`, scope, meter: 'COST', window } as const;
}

export type TenantsLoaders = ReturnType<typeof createTenantsLoaders>;

export type TenantsContext = SubgraphContext<TenantsLoaders>;
