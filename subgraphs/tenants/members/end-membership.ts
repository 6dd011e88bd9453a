import type { Connection } from 'mongoose';
import { type Caller, hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { type ApiKeyRecord, apiKeys } from '#mongo/api-keys.ts';
import { invitations } from '#mongo/invitations.ts';
import { firstIssuerId } from '#mongo/issuers.ts';
import { type MemberDeparture, type MemberRecord, members } from '#mongo/members.ts';
import { sessions } from '#mongo/sessions.ts';
import { callersChanged, readNow, type TenantsDeps } from '../deps.ts';
import { endApiKey } from '../keys/revoke-api-key.ts';
import { countDeparture } from '../provisioning/departure-limit.ts';
import { withRoles } from '../roles/find-role.ts';
import { withTenant } from '../tenants/below-tenant.ts';
import { keepingOperators, keepingOperatorsOutside } from '../tenants/keep-operators.ts';
import { requireAnotherOwner } from './keep-owner.ts';
import { toMemberEvent } from './member-events.ts';

export interface EndOptions {
  /** Whether the record is deleted; otherwise the member is deactivated. */
  readonly removes: boolean;
  /** Whether the API keys that the member has made are revoked too, and not only those that belong to it. */
  readonly revokeKeysMade: boolean;
  /**
   * Called before the first write, for the holder of the tenant's lock: when the end counts against the limit on departures; null: it
   * does not. What it throws keeps the member.
   */
  readonly admit?: () => Promise<Date | null>;
  /** Fields of the record that are written with its end. */
  readonly set?: Readonly<Record<string, unknown>>;
}

type DepartureDeps = Pick<TenantsDeps, 'connection' | 'events' | 'now' | 'log'>;

/** Keys that are read at once. */
const pageMax = 500;

/**
 * Deactivates or removes a member: from the first write on it is refused, and its sessions and the API keys that belong to it
 * end. What a killed process leaves is completed by `settleDepartures`. CONFLICT for the last owner and for the owner of the last
 * keys with tenants:admin, FORBIDDEN for the owner of any to a caller that lacks that scope. Returns the record as it was last.
 */
export async function endMembership(
  before: MemberRecord,
  { removes, revokeKeysMade, admit, set }: EndOptions,
  caller: Caller,
  deps: TenantsDeps,
): Promise<MemberRecord> {
  const { _id: id, tenantId } = before;
  const keysMade = !revokeKeysMade ? 'KEPT' : hasScope(caller, 'tenants:admin') ? 'ALL' : 'OF_TENANT';
  const departure: MemberDeparture = { removes, keysMade, keptKeyId: caller.keyId };
  const marked = await withTenant(tenantId, deps, () =>
    withRoles(tenantId, deps.connection, async () => {
      await requireAnotherOwner(id, tenantId, deps);
      return keepingOperatorsOutside({ ownerMemberId: id }, caller, deps.connection, async () => {
        const limitedAt = (await admit?.()) ?? null;
        const deactivatedAt = before.deactivatedAt ?? readNow(deps);
        return members(deps.connection)
          .findOneAndUpdate(
            // One that is removed already is not kept.
            removes ? { _id: id } : { _id: id, 'departure.removes': { $ne: true } },
            {
              $set: { ...set, deactivatedAt, departure: limitedAt ? { ...departure, limitedAt } : departure },
            },
            { returnDocument: 'after' },
          )
          .lean()
          .exec();
      });
    }),
  );
  if (marked === null) return notFound('member', id);
  const ended = keysMade === 'ALL' ? null : tenantId;
  await callersChanged(deps, ended);
  await completeDeparture(marked, deps);
  await callersChanged(deps, ended);
  const { departure: _done, ...after } = marked;
  return after;
}

/** Carries out what remains to be done for a member. */
export async function completeDeparture(member: MemberRecord, deps: DepartureDeps): Promise<void> {
  const { _id: id, tenantId, subject, issuerId, departure, deactivatedAt } = member;
  if (departure == null) return;
  const { removes, keysMade, keptKeyId } = departure;
  await revokeAll({ ownerMemberId: id }, (key) => endApiKey(key, deps), deps.connection);
  if (keysMade !== 'KEPT') {
    const place = keysMade === 'ALL' ? {} : { tenantId, scopes: { $ne: 'tenants:admin' } };
    const made = { madeByMemberId: id, _id: { $ne: keptKeyId }, ...place };
    await revokeAll(made, (key) => endUnlessLast(key, deps), deps.connection);
  }
  await sessions(deps.connection).deleteMany({ subject, issuerId: issuerId ?? firstIssuerId, tenantId });
  await endInvitations(id, deps);
  if (departure.limitedAt !== undefined) await countDeparture(member, departure.limitedAt, deps);
  const records = members(deps.connection);
  if (removes) {
    await deps.events.record(toMemberEvent('member.removed', member), `member.removed:${id}`);
    await records.deleteOne({ _id: id, 'departure.removes': true });
  } else {
    const once = `member.deactivated:${id}:${deactivatedAt?.getTime()}`;
    await deps.events.record(toMemberEvent('member.deactivated', member), once);
    await records.updateOne({ _id: id, 'departure.removes': false }, { $unset: { departure: 1 } });
  }
}

/** The open invitations of a member end with it; that it accepted one itself makes no member of it again. */
async function endInvitations(memberId: string, deps: DepartureDeps): Promise<void> {
  const records = invitations(deps.connection);
  await records.updateMany(
    { invitedByMemberId: memberId, acceptedAt: null, revokedAt: null },
    { $set: { revokedAt: readNow(deps), secretHashes: [] }, $unset: { mailDueAt: 1 } },
  );
  await records.updateMany({ memberId, acceptance: { $exists: true } }, { $unset: { acceptance: 1 } });
}

async function revokeAll(
  where: Readonly<Record<string, unknown>>,
  revoke: (key: ApiKeyRecord) => Promise<void>,
  connection: Connection,
): Promise<void> {
  for (let afterId = ''; ; ) {
    const keys = await apiKeys(connection)
      .find({ $and: [where, { _id: { $gt: afterId } }], revokedAt: null } as never)
      .sort({ _id: 1 })
      .limit(pageMax)
      .lean();
    for (const key of keys) await revoke(key);
    const last = keys.at(-1);
    if (last === undefined || keys.length < pageMax) return;
    afterId = last._id;
  }
}

/** The last key with tenants:admin stays: no operator could get in any more. */
async function endUnlessLast(key: ApiKeyRecord, deps: DepartureDeps): Promise<void> {
  try {
    await keepingOperators(key, deps.connection, () => endApiKey(key, deps));
  } catch (error) {
    if (!(error instanceof HeddleError && error.code === 'CONFLICT')) throw error;
    deps.log.warn({ keyId: key._id }, 'the last API key with tenants:admin was not revoked with its maker');
  }
}

/** Members that one sweep looks at. */
const pendingMax = 100;

/** Completes the departures of members that were cut by the end of their process; the number of members. */
export async function settleDepartures(deps: DepartureDeps): Promise<number> {
  const pending = await members(deps.connection)
    .find({ 'departure.removes': { $exists: true } })
    .limit(pendingMax)
    .lean();
  let settled = 0;
  for (const member of pending) {
    try {
      await completeDeparture(member, deps);
      settled += 1;
    } catch (err) {
      deps.log.warn({ err, memberId: member._id }, 'the end of a membership could not be completed yet');
    }
  }
  return settled;
}
