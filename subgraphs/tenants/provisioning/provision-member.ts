import { HeddleError } from '#core/errors.ts';
import { checkedText, isDuplicateKey } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import type { ProvisionedMemberRecord } from '#mongo/members.ts';
import { type MemberRecord, members, type ProvisionedPerson } from '#mongo/members.ts';
import type { TenantProvisioning } from '#mongo/tenants.ts';
import { equalIgnoringCase } from '../../runtime/list-input.ts';
import { requireRoom } from '../../runtime/with-room.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import type { ProvisionMemberInput } from '../generated.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { checkedEmail, requireUnlikeEmails } from '../members/email.ts';
import { findSettledMember } from '../members/find-settled-member.ts';
import { type IssuerBinding, readBinding } from '../members/issuer-binding.ts';
import { toMemberEvent } from '../members/member-events.ts';
import { requireUnchanged } from '../members/require-unchanged.ts';
import { withRoles } from '../roles/find-role.ts';
import { requireReach } from '../roles/require-reach.ts';
import { withLiveOwner } from '../tenants/below-tenant.ts';
import { chooseRole } from './choose-role.ts';
import { endProvisionedMember } from './end-provisioned-member.ts';
import {
  checkedName,
  checkedOptionalName,
  isProvisioned,
  listAddresses,
  requireProvisioned,
  toComparedName,
} from './provisioned-member.ts';
import { requireProvisioning } from './read-provisioning.ts';

/** CONFLICT for a name or person that is there already. */
export function notUnique(message: string, cause?: unknown): HeddleError {
  return new HeddleError('CONFLICT', message, { cause, extensions: { reason: 'UNIQUENESS' } });
}

/** Adds a person of an identity provider to the caller's tenant, or links the member that it is already. */
export async function provisionMember(
  input: ProvisionMemberInput,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<ProvisionedMemberRecord> {
  const tenantId = ownTenantId(context.caller);
  const subject = checkedText(input.externalId, 'input.externalId', 256);
  const email = input.email ? checkedEmail(input.email, 'input.email') : null;
  const person = checkedPerson(input, readNow(deps));
  const { before, after } = await withLiveOwner({ tenantId }, deps, async () => {
    const provisioning = await requireProvisioning(tenantId, deps);
    const { issuerId, issuer } = provisioning;
    const binding = issuer == null ? await readBinding(issuerId, deps.connection) : { issuerId, issuer };
    const found = await findSettledMember({ tenantId, subject, ...binding }, deps);
    const id = found?._id ?? randomId();
    await context.auditTarget({ tenantId, type: 'Member', id });
    await requireReach([found ?? chooseRole(provisioning, person)], tenantId, context.caller, deps);
    await requireUnique(found, { tenantId, email, person }, deps);
    await requireUnlikeEmails(listAddresses(email, person.userName), { tenantId, memberId: id }, deps);
    const saved = found ?? (await create({ id, provisioning, binding, subject, email, person }, deps));
    // Its role is kept as it is in this moment.
    if (found !== null && !isEnding(found, person)) await link(found, { email, person }, deps);
    return { before: found, after: saved };
  });
  if (before !== null && isEnding(before, person)) {
    const set = toLinked(before, { email, person });
    const check = () => requireUnchanged(before, deps);
    const end = () => endProvisionedMember(before, { removes: false, set, check }, context.caller, deps);
    await refusingTaken(end, person.userName);
  }
  const saved = await requireProvisioned(after._id, context);
  context.audit({ tenantId, type: 'Member', id: saved._id, before, after: saved });
  await callersChanged(deps, tenantId);
  return saved;
}

function checkedPerson(input: ProvisionMemberInput, modifiedAt: Date): ProvisionedPerson {
  const userName = checkedName(input.userName, 'input.userName');
  return {
    ...{ userName, userKey: toComparedName(userName) },
    displayName: checkedOptionalName(input.displayName, 'input.displayName'),
    givenName: checkedOptionalName(input.givenName, 'input.givenName'),
    familyName: checkedOptionalName(input.familyName, 'input.familyName'),
    ...{ active: input.active ?? true, groupIds: [], ownRole: null, modifiedAt },
  };
}

interface NewPerson {
  readonly tenantId: string;
  readonly email: string | null;
  readonly person: ProvisionedPerson;
}

/** CONFLICT where the person is provisioned already, or a member that is not could be taken for it: an address alone is no proof. */
async function requireUnique(
  found: MemberRecord | null,
  { tenantId, email, person }: NewPerson,
  { connection }: TenantsDeps,
): Promise<void> {
  if (isProvisioned(found))
    throw notUnique(`The member ${found._id} is provisioned with this externalId already.`);
  const addresses = [...new Set([email, person.userName])].filter((one) => one !== null);
  const other = await members(connection)
    .findOne(
      {
        tenantId,
        'provisioned.userKey': { $exists: false },
        _id: { $ne: found?._id ?? '' },
        $or: addresses.map((address) => ({ email: equalIgnoringCase(address) })),
      },
      { _id: 1 },
    )
    .lean();
  if (other === null) return;
  throw notUnique(
    `The member ${other._id} has this address, and is another one at its issuer: save it with the externalId as its subject, or remove it.`,
  );
}

interface Creation extends Omit<NewPerson, 'tenantId'> {
  readonly id: string;
  readonly subject: string;
  readonly provisioning: TenantProvisioning;
  readonly binding: IssuerBinding;
}

async function create(
  { id, provisioning, binding, subject, email, person }: Creation,
  deps: TenantsDeps,
): Promise<ProvisionedMemberRecord> {
  const { tenantId } = provisioning;
  const records = members(deps.connection);
  await requireRoom(deps, 'membersPerTenant', () => records.countDocuments({ tenantId }).exec());
  const member: ProvisionedMemberRecord = {
    ...{ _id: id, tenantId, ...binding, subject, email, ...chooseRole(provisioning, person) },
    ...{ provisioned: person, createdAt: person.modifiedAt },
    ...(person.active ? {} : { deactivatedAt: person.modifiedAt }),
  };
  const proof = { collection: 'members', id: member._id, by: 'EXISTS' } as const;
  const write = () =>
    withRoles(tenantId, deps.connection, () =>
      deps.events.withChange(toMemberEvent('member.provisioned', member), proof, () =>
        records.create(member),
      ),
    );
  await refusingTaken(write, person.userName);
  return member;
}

function isEnding({ deactivatedAt }: MemberRecord, { active }: ProvisionedPerson): boolean {
  return !active && deactivatedAt == null;
}

/** A member that the tenant has made itself keeps its role, and stays deactivated where it is; its provider may deactivate it. */
function toLinked(found: MemberRecord, { email, person }: Pick<NewPerson, 'email' | 'person'>) {
  const ownRole = { role: found.role, customRole: found.customRole ?? null };
  const active = person.active || found.deactivatedAt != null;
  return { provisioned: { ...person, active, ownRole }, email };
}

async function link(
  found: MemberRecord,
  linked: Pick<NewPerson, 'email' | 'person'>,
  { connection }: TenantsDeps,
): Promise<void> {
  const set = toLinked(found, linked);
  const write = () => members(connection).updateOne({ _id: found._id }, { $set: set }).exec();
  await refusingTaken(write, linked.person.userName);
}

/** Runs what writes a user name; CONFLICT where the tenant has it already. */
export async function refusingTaken<T>(write: () => Promise<T>, userName: string): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw notUnique(
      `There is a provisioned member with the user name ${JSON.stringify(userName)} already.`,
      error,
    );
  }
}
