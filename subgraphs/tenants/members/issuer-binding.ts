import type { Connection } from 'mongoose';
import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import { firstIssuerId, type IssuerRecord, issuers, vouchesFor } from '#mongo/issuers.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import { tenants } from '#mongo/tenants.ts';

/** The issuer that vouches for a person, and the URL that it has. */
export interface IssuerBinding {
  readonly issuerId: string;
  /** Null: the first issuer, which is not configured yet. */
  readonly issuer: string | null;
}

type Issuer = Pick<IssuerRecord, '_id' | 'issuer'>;

/** What the records of members that this issuer vouches for have as `issuerId`. */
export function listIssuerIds(issuerId: string): (string | null)[] {
  return issuerId === firstIssuerId ? [issuerId, null] : [issuerId];
}

/** Members that the issuer vouches for under its present URL: another one may be that of other people. */
export function vouchedBy({ issuerId, issuer }: IssuerBinding) {
  return { issuerId: { $in: listIssuerIds(issuerId) }, issuer: { $in: [issuer, null] } };
}

/** The issuer as it is; without a URL where it is not saved. */
export async function readBinding(issuerId: string, connection: Connection): Promise<IssuerBinding> {
  const found = await issuers(connection).findById(issuerId, { issuer: 1 }).lean();
  return { issuerId, issuer: found?.issuer ?? null };
}

/**
 * The issuer that an input names, which vouches for members of the tenant; BAD_USER_INPUT, in the same words, for one that is not saved and one
 * that is another tenant's. The first one may be configured later.
 */
export async function findBinding(
  id: string | null | undefined,
  tenantId: string,
  connection: Connection,
): Promise<IssuerBinding> {
  const issuerId = id ?? firstIssuerId;
  const found = await issuers(connection).findById(issuerId).lean();
  if (found === null ? issuerId === firstIssuerId : vouchesFor(found, tenantId)) {
    return { issuerId, issuer: found?.issuer ?? null };
  }
  return badInput(
    'input.issuerId',
    `names no issuer that vouches for people of the tenant: ${JSON.stringify(issuerId.slice(0, 100))}.`,
  );
}

/** CONFLICT for a member that was added under another URL of its issuer: its role, keys and sessions are another person's. */
export function requireSameUrl(
  { _id, issuer: former }: Pick<MemberRecord, '_id' | 'issuer'>,
  { issuerId, issuer }: IssuerBinding,
): void {
  // An issuer that is not there vouches for no one else.
  if (former == null || issuer === null || former === issuer) return;
  throw new HeddleError(
    'CONFLICT',
    `The member ${_id} was added when the issuer ${JSON.stringify(issuerId)} had the URL ${JSON.stringify(former)}: remove it first, or let an operator save the issuer with adoptMembers.`,
  );
}

/**
 * Before an issuer gets another URL or is deleted: members and provisioning that name no URL were added under this one, and the next one of the
 * ID does not vouch for them.
 */
export async function bindToUrl({ _id, issuer }: Issuer, connection: Connection): Promise<void> {
  await members(connection).updateMany(
    { issuerId: { $in: listIssuerIds(_id) }, issuer: null },
    { $set: { issuer } },
  );
  await tenants(connection).updateMany(
    { 'provisioning.issuerId': _id, 'provisioning.issuer': null },
    { $set: { 'provisioning.issuer': issuer } },
  );
}

/** Lets the issuer vouch for all members and provisioning that name its ID, whichever URL it had when they were added. */
export async function adoptMembers({ _id, issuer }: Issuer, connection: Connection): Promise<void> {
  await members(connection).updateMany(
    { issuerId: { $in: listIssuerIds(_id) }, issuer: { $nin: [issuer, null] } },
    { $set: { issuer } },
  );
  await tenants(connection).updateMany(
    { 'provisioning.issuerId': _id, 'provisioning.issuer': { $nin: [issuer, null] } },
    { $set: { 'provisioning.issuer': issuer } },
  );
}

/** Ends the sessions of all people of an issuer: none comes back with another one of its ID. */
export async function endIssuerSessions(issuerId: string, connection: Connection): Promise<void> {
  await sessions(connection).deleteMany({ issuerId });
}
