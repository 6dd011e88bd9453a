import { badInput, checkedText, notFound } from '#core/input.ts';
import { ownTenantId } from '#core/tenant-reach.ts';
import { isLabel } from '#core/text/label.ts';
import type { MemberRecord, ProvisionedMemberRecord } from '#mongo/members.ts';
import type { TenantsContext } from '../loaders.ts';
import { isEmail } from '../members/email.ts';

/** Is the member kept by an identity provider, and not about to be removed? */
export function isProvisioned(member: MemberRecord | null): member is ProvisionedMemberRecord {
  return member?.provisioned != null && member.departure?.removes !== true;
}

/** The provisioned member of the caller's own tenant, read afresh; null: there is none. */
export async function findProvisioned(
  id: string,
  { caller, loaders }: TenantsContext,
): Promise<ProvisionedMemberRecord | null> {
  const tenantId = ownTenantId(caller);
  const member = await loaders.member.clear(id).load(id);
  return isProvisioned(member) && member.tenantId === tenantId ? member : null;
}

/** The same for what is to be changed: NOT_FOUND where there is none. */
export async function requireProvisioned(
  id: string,
  context: TenantsContext,
): Promise<ProvisionedMemberRecord> {
  return (await findProvisioned(id, context)) ?? notFound('provisioned member', id);
}

/** The form in which user names and names of groups are compared: whatever their case. */
export function toComparedName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** What of a person is compared as an address: that of its mail, and a user name that is one. */
export function listAddresses(email: string | null | undefined, userName: string | undefined): string[] {
  const names = userName !== undefined && isEmail(userName) ? [userName] : [];
  return [...new Set([...(email == null ? [] : [email]), ...names])];
}

const nameMax = 256;

/** A name of a person or group as it is kept. BAD_USER_INPUT for an empty one, or one with invisible characters. */
export function checkedName(value: string, field: string): string {
  const name = checkedText(value, field, nameMax);
  return isLabel(name, nameMax) ? name : badInput(field, 'must not have invisible characters.');
}

/** The same for one that may be empty. */
export function checkedOptionalName(value: string | null | undefined, field: string): string | null {
  return value == null || value.trim() === '' ? null : checkedName(value, field);
}
