import { HeddleError } from '#core/errors.ts';
import { notFound } from '#core/input.ts';
import { type MemberRecord, members } from '#mongo/members.ts';
import type { TenantsDeps } from '../deps.ts';

/** A member was deactivated or accepted by another caller since it was read. */
export class MemberChanged extends HeddleError {
  constructor(id: string) {
    super(
      'CONFLICT',
      `The member ${id} has just been changed by another caller: read it, and change it again.`,
    );
  }
}

/**
 * Throws MemberChanged where the member is not as it was read: deactivated or accepted since, by its tenant or its identity provider. NOT_FOUND
 * where it is removed. For the holder of the tenant's lock.
 */
export async function requireUnchanged(
  before: MemberRecord,
  { connection }: Pick<TenantsDeps, 'connection'>,
): Promise<void> {
  const { _id: id } = before;
  const now = await members(connection).findById(id).lean();
  if (now === null || now.departure?.removes === true) return notFound('member', id);
  if (toState(now) !== toState(before)) throw new MemberChanged(id);
}

/** Since when the member is deactivated, and what its identity provider states. */
function toState({ deactivatedAt, provisioned }: MemberRecord): string {
  return JSON.stringify([deactivatedAt ?? null, provisioned?.active ?? null]);
}
