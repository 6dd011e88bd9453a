import type { Connection as Database, Model } from 'mongoose';
import { badInput } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { type MemberGroupRecord, memberGroups } from '#mongo/member-groups.ts';
import type { ProvisionedMemberRecord } from '#mongo/members.ts';
import { members } from '#mongo/members.ts';
import { equalIgnoringCase, given } from '../../runtime/list-input.ts';
import type {
  MemberGroupCondition,
  ProvisionedMemberCondition,
  QueryMemberGroupsArgs,
  QueryProvisionedMembersArgs,
} from '../generated.ts';
import type { TenantsContext } from '../loaders.ts';
import { isProvisioned, toComparedName } from './provisioned-member.ts';

const conditionsMax = 20;
const offsetMax = 1_000_000;
const pageMax = 200;

type Where = Readonly<Record<string, unknown>>;

interface Page<TRecord> {
  readonly totalCount: number;
  readonly nodes: readonly TRecord[];
}

/** The provisioned members of the caller's own tenant. */
export async function listProvisionedMembers(
  args: QueryProvisionedMembersArgs,
  { caller }: TenantsContext,
  database: Database,
): Promise<Page<ProvisionedMemberRecord>> {
  const own = {
    tenantId: ownTenantId(caller),
    'provisioned.userKey': { $exists: true },
    'departure.removes': { $ne: true },
  };
  const { totalCount, nodes } = await findPart(members(database), own, args, toMemberConditions);
  return { totalCount, nodes: nodes.filter(isProvisioned) };
}

/** The groups of the caller's own tenant. */
export async function listMemberGroups(
  args: QueryMemberGroupsArgs,
  { caller }: TenantsContext,
  database: Database,
): Promise<Page<MemberGroupRecord>> {
  const tenantId = ownTenantId(caller);
  const ofMembers = await findGroupsOfMembers(args.anyOf ?? [], tenantId, database);
  return findPart(memberGroups(database), { tenantId }, args, (condition) =>
    toGroupConditions(condition, ofMembers),
  );
}

function toMemberConditions({ id, externalId, userName, email, active }: ProvisionedMemberCondition): Where {
  return {
    ...given({ _id: id, subject: externalId }),
    ...(userName == null ? {} : { 'provisioned.userKey': toComparedName(userName) }),
    ...(email == null ? {} : { email: equalIgnoringCase(email) }),
    ...(active == null ? {} : { deactivatedAt: active ? null : { $ne: null } }),
  };
}

function toGroupConditions(
  { id, externalId, displayName, memberId }: MemberGroupCondition,
  ofMembers: ReadonlyMap<string, readonly string[]>,
): Where {
  return {
    ...given({ externalId }),
    ...(displayName == null ? {} : { nameKey: toComparedName(displayName) }),
    $and: [
      ...(id == null ? [] : [{ _id: id }]),
      ...(memberId == null ? [] : [{ _id: { $in: ofMembers.get(memberId) ?? [] } }]),
      {},
    ],
  };
}

/** The groups of the members that conditions name. */
async function findGroupsOfMembers(
  conditions: readonly MemberGroupCondition[],
  tenantId: string,
  database: Database,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = conditions.slice(0, conditionsMax).flatMap(({ memberId }) => memberId ?? []);
  if (ids.length === 0) return new Map();
  const found = await members(database)
    .find({ _id: { $in: ids }, tenantId }, { provisioned: 1 })
    .lean();
  return new Map(found.map(({ _id, provisioned }) => [_id, provisioned?.groupIds ?? []]));
}

interface PartArgs<TCondition> {
  readonly anyOf?: readonly TCondition[] | null;
  readonly offset?: number | null;
  readonly first?: number | null;
}

async function findPart<TRecord, TCondition>(
  records: Model<TRecord>,
  own: Where,
  { anyOf, offset, first }: PartArgs<TCondition>,
  toConditions: (condition: TCondition) => Where,
): Promise<Page<TRecord>> {
  const skip = checkedCount(offset ?? 0, 'offset', offsetMax);
  const limit = checkedCount(first ?? 100, 'first', pageMax);
  if ((anyOf?.length ?? 0) > conditionsMax)
    badInput('anyOf', `must not have more than ${conditionsMax} conditions.`);
  if (anyOf?.length === 0) return { totalCount: 0, nodes: [] };
  const alternatives = (anyOf ?? []).map(toConditions);
  const where = alternatives.length === 0 ? own : { $and: [own, { $or: alternatives }] };
  const [totalCount, nodes] = await Promise.all([
    records.countDocuments(where),
    limit === 0 ? [] : records.find(where).sort({ createdAt: 1, _id: 1 }).skip(skip).limit(limit).lean(),
  ]);
  return { totalCount, nodes: nodes as readonly TRecord[] };
}

function checkedCount(value: number, field: string, max: number): number {
  if (value >= 0 && value <= max) return value;
  return badInput(field, `must lie between 0 and ${max}; it is ${value}.`);
}
