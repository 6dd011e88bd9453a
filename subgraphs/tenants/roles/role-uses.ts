import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { issuers } from '#mongo/issuers.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import type { RoleRecord } from '#mongo/roles.ts';
import { tenants } from '#mongo/tenants.ts';

const namedMax = 10;

type RolePlace = Pick<RoleRecord, 'tenantId' | 'name'>;

/** The members that have the role. Of a role of all tenants also those whose tenant has one of its own under the name. */
export function membersWith({ tenantId, name }: RolePlace): Partial<MemberRecord> {
  return tenantId === null ? { customRole: name } : { tenantId, customRole: name };
}

/** The rules of issuers that may lead to the role: those for its tenant, and those that leave the tenant to a claim. */
function rulesWith({ tenantId, name }: RolePlace): Readonly<Record<string, unknown>> {
  const places = tenantId === null ? {} : { tenantId: { $in: [tenantId, null] } };
  return { rules: { $elemMatch: { role: name, ...places } } };
}

/** The tenants whose provisioning assigns the role to members. */
function provisionedWith({ tenantId, name }: RolePlace): Readonly<Record<string, unknown>> {
  const uses = [{ 'provisioning.customRole': name }, { 'provisioning.groupRoles.customRole': name }];
  return { ...(tenantId === null ? {} : { _id: tenantId }), $or: uses };
}

/** CONFLICT, naming some of them, while members, the rules of issuers or the provisioning of tenants have the role. */
export async function requireUnusedRole(role: RolePlace, connection: Connection): Promise<void> {
  const [count, subjects, issuerIds, provisioned] = await Promise.all([
    members(connection).countDocuments(membersWith(role)),
    members(connection)
      .find(membersWith(role), { subject: 1 })
      .sort({ createdAt: 1, _id: 1 })
      .limit(namedMax)
      .lean(),
    issuers(connection).find(rulesWith(role), { _id: 1 }).sort({ _id: 1 }).limit(namedMax).lean(),
    tenants(connection).find(provisionedWith(role), { _id: 1 }).sort({ _id: 1 }).limit(namedMax).lean(),
  ]);
  const users = [
    ...subjects.map(({ subject }) => `the member ${JSON.stringify(subject)}`),
    ...(count > subjects.length ? [`${count - subjects.length} more members`] : []),
    ...issuerIds.map(({ _id }) => `a rule of the issuer ${JSON.stringify(_id)}`),
    ...provisioned.map(({ _id }) => `the provisioning of the tenant ${JSON.stringify(_id)}`),
  ];
  if (users.length === 0) return;
  throw new HeddleError(
    'CONFLICT',
    `The role ${JSON.stringify(role.name)} is in use: ${users.join(', ')}. Give them another role first.`,
  );
}

/** Is there a rule of an issuer that may lead to one of the roles in the tenant? */
export async function hasRuleFor(
  names: readonly string[],
  tenantId: string,
  connection: Connection,
): Promise<boolean> {
  const rule = { role: { $in: names }, tenantId: { $in: [tenantId, null] } };
  return (await issuers(connection).exists({ rules: { $elemMatch: rule } })) !== null;
}
