import type { Connection as Database } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { type AccessGrantRecord, accessGrants } from '#mongo/access-grants.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { type AppRecord, apps } from '#mongo/apps.ts';
import { type BudgetRecord, budgets } from '#mongo/budgets.ts';
import { type InvitationRecord, invitations } from '#mongo/invitations.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { type PlanRecord, plans } from '#mongo/plans.ts';
import { type TeamRecord, teams } from '#mongo/teams.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import { type Connection, findBounded, findPage, type PageSort } from '../runtime/connection.ts';
import { containing, given, listSort, timeSort } from '../runtime/list-input.ts';
import { withStatus } from './access/grant-state.ts';
import { readNow, type TenantsDeps } from './deps.ts';
import type {
  ApiKeyFilter,
  QueryAccessGrantsArgs,
  QueryApiKeysArgs,
  QueryAppsArgs,
  QueryBudgetsArgs,
  QueryInvitationsArgs,
  QueryMembersArgs,
  QueryPlansArgs,
  QueryTeamsArgs,
  QueryTenantsArgs,
} from './generated.ts';
import { withInvitationStatus } from './invitations/invitation-state.ts';
import { withOwnerKind } from './keys/key-owner.ts';
import type { TenantsContext } from './loaders.ts';
import { listIssuerIds } from './members/issuer-binding.ts';
import { withinShownName } from './tenants/archived-name.ts';

/** A filter of a list of what belongs to tenants. */
interface OwnedFilter {
  readonly tenantId?: string | null | undefined;
  readonly archived?: boolean | null | undefined;
}

const search = (field: string, text: string | null | undefined) =>
  text == null ? {} : { [field]: containing(text) };

/** Conditions that may concern the same field; none where all are empty. */
function joinConditions(conditions: readonly object[]): object {
  const set = conditions.filter((condition) => Object.keys(condition).length > 0);
  return set.length === 0 ? {} : { $and: set };
}

/** The same for names that are stored with more behind them while they are archived. */
function searchName(text: string | null | undefined) {
  if (text == null) return {};
  const { $regex, $options } = containing(text);
  return { name: { $regex: `${$regex}${withinShownName}`, $options: `${$options}s` } };
}

/**
 * The records that the caller may see: those of its tenant, or with tenants:admin those of the tenant it names, or all;
 * those that are archived, or below what is, where the filter requests them, otherwise the others.
 */
function visibleTo(
  caller: Caller,
  { tenantId, archived }: OwnedFilter = {},
): Readonly<Record<string, unknown>> {
  const hidden = archived === true ? true : null;
  if (hasScope(caller, 'tenants:admin')) return { ...given({ tenantId }), hidden };
  const isOwn = caller.tenantId !== null && (tenantId == null || tenantId === caller.tenantId);
  return { tenantId: isOwn ? caller.tenantId : { $in: [] }, hidden };
}

export function listTenants(
  { filter, orderBy, ...page }: QueryTenantsArgs,
  database: Database,
): Promise<Connection<TenantRecord>> {
  const where = {
    ...given({ planId: filter?.planId }),
    archivedAt: filter?.archived === true ? { $ne: null } : null,
    ...searchName(filter?.search),
  };
  return findPage(tenants(database), where, listSort(orderBy ?? 'CREATED_AT_ASC'), page);
}

export function listPlans(
  { filter, orderBy, ...bounds }: QueryPlansArgs,
  database: Database,
): Promise<PlanRecord[]> {
  const order = orderBy ?? 'ID_ASC';
  const direction = order.endsWith('_ASC') ? 1 : -1;
  const sort: PageSort = order.startsWith('NAME') ? { name: direction, _id: direction } : { _id: direction };
  return findBounded(plans(database), search('name', filter?.search), sort, bounds);
}

export function listApps(
  { filter, orderBy, ...page }: QueryAppsArgs,
  { caller }: TenantsContext,
  database: Database,
): Promise<Connection<AppRecord>> {
  const where = {
    ...visibleTo(caller, filter ?? {}),
    ...given({ teamId: filter?.teamId }),
    ...searchName(filter?.search),
  };
  return findPage(apps(database), where, listSort(orderBy ?? 'CREATED_AT_ASC'), page);
}

export function listTeams(
  { filter, orderBy, ...page }: QueryTeamsArgs,
  { caller }: TenantsContext,
  database: Database,
): Promise<Connection<TeamRecord>> {
  const where = { ...visibleTo(caller, filter ?? {}), ...searchName(filter?.search) };
  return findPage(teams(database), where, listSort(orderBy ?? 'CREATED_AT_ASC'), page);
}

export function listApiKeys(
  { filter, orderBy, ...page }: QueryApiKeysArgs,
  { caller }: TenantsContext,
  deps: TenantsDeps,
): Promise<Connection<ApiKeyRecord>> {
  const where = selectApiKeys(filter ?? {}, caller, deps);
  return findPage(apiKeys(deps.connection), where, listSort(orderBy ?? 'CREATED_AT_ASC', 'label'), page);
}

/** The keys that match the filter and that the caller may see. */
export function selectApiKeys(
  filter: ApiKeyFilter,
  caller: Caller,
  deps: TenantsDeps,
): Readonly<Record<string, unknown>> {
  const now = readNow(deps);
  const works = { revokedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }] };
  const hasEnded = { $or: [{ revokedAt: { $ne: null } }, { expiresAt: { $lte: now } }] };
  const active = filter.active;
  const { unusedSince, expiresBefore, rotationDueBefore } = filter;
  return {
    ...visibleTo(caller, filter),
    ...given({
      appId: filter.appId,
      ownerMemberId: filter.ownerMemberId,
      madeByMemberId: filter.madeByMemberId,
      service: filter.service,
    }),
    ...search('label', filter.search),
    ...joinConditions([
      active == null ? {} : active ? works : hasEnded,
      withOwnerKind(filter.ownerKind),
      expiresBefore == null ? {} : { expiresAt: { $ne: null, $lt: expiresBefore } },
      rotationDueBefore == null
        ? {}
        : { ...works, rotationDueAt: { $ne: null, $lt: rotationDueBefore }, replacedById: null },
      // A key that is younger has not had the time to be used.
      unusedSince == null
        ? {}
        : {
            createdAt: { $lt: unusedSince },
            $or: [{ lastUsedAt: null }, { lastUsedAt: { $lt: unusedSince } }],
          },
    ]),
  };
}

export function listMembers(
  { filter, orderBy, ...page }: QueryMembersArgs,
  { caller }: TenantsContext,
  database: Database,
): Promise<Connection<MemberRecord>> {
  const where = {
    ...visibleTo(caller, filter ?? {}),
    ...given({ role: filter?.role }),
    ...(filter?.issuerId == null ? {} : { issuerId: { $in: listIssuerIds(filter.issuerId) } }),
    ...(filter?.active == null ? {} : { deactivatedAt: filter.active ? null : { $ne: null } }),
    ...search('subject', filter?.search),
  };
  return findPage(members(database), where, listSort(orderBy ?? 'CREATED_AT_ASC', 'subject'), page);
}

export async function listBudgets(
  { filter, orderBy, ...page }: QueryBudgetsArgs,
  { caller, loaders }: TenantsContext,
  database: Database,
): Promise<Connection<BudgetRecord>> {
  const { tenantId, archived, keyId, ...equal } = filter ?? {};
  const where = {
    ...visibleTo(caller, { tenantId, archived }),
    ...given({ ...equal }),
    ...(keyId == null ? {} : { keyLineId: (await loaders.apiKey.load(keyId))?.lineId ?? { $in: [] } }),
  };
  return findPage(budgets(database), where, timeSort(orderBy ?? 'OLDEST_FIRST'), page);
}

export function listInvitations(
  { filter, orderBy, ...page }: QueryInvitationsArgs,
  { caller }: TenantsContext,
  deps: TenantsDeps,
): Promise<Connection<InvitationRecord>> {
  const { tenantId, archived, status, search: text } = filter ?? {};
  const where = {
    ...visibleTo(caller, { tenantId, archived }),
    ...search('email', text),
    ...joinConditions([withInvitationStatus(status, readNow(deps))]),
  };
  return findPage(invitations(deps.connection), where, timeSort(orderBy ?? 'NEWEST_FIRST'), page);
}

export function listAccessGrants(
  { filter, orderBy, ...page }: QueryAccessGrantsArgs,
  { caller }: TenantsContext,
  deps: TenantsDeps,
): Promise<Connection<AccessGrantRecord>> {
  const { tenantId, archived, status, search: text, expiresBefore, ...equal } = filter ?? {};
  const where = {
    ...visibleTo(caller, { tenantId, archived }),
    ...given({ ...equal }),
    ...joinConditions([
      withStatus(status, readNow(deps)),
      text == null ? {} : search('resource', text),
      expiresBefore == null ? {} : { status: 'APPROVED', expiresAt: { $lt: expiresBefore } },
    ]),
  };
  return findPage(accessGrants(deps.connection), where, timeSort(orderBy ?? 'NEWEST_FIRST'), page);
}
