import { HeddleError } from '#core/errors.ts';
import { badInput } from '#core/input.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';

/** Of two changes at once, for the one that comes too late. */
export function changedMeanwhile(id: string): HeddleError {
  return new HeddleError(
    'CONFLICT',
    `The API key ${id} has just been changed, rotated or revoked by another caller; read it and send the change again.`,
  );
}

/** CONFLICT for a key that was revoked, has expired, or was rotated and only lives out its overlap. */
export function requireInForce(key: ApiKeyRecord, now: Date): void {
  // A rotation without an overlap revokes the old key: whoever lost its answer needs to read of the successor.
  const ended =
    key.replacedById !== null
      ? `was rotated: its successor is ${key.replacedById}; rotate that one for a new secret`
      : key.revokedAt !== null
        ? 'was revoked: create another one'
        : key.expiresAt !== null && key.expiresAt <= now
          ? 'has expired: create another one'
          : undefined;
  if (ended) throw new HeddleError('CONFLICT', `The API key ${key._id} ${ended}.`);
}

/** When a key ends: in the future, or never (null). */
export function checkedExpiry(expiresAt: Date | null | undefined, field: string, now: Date): Date | null {
  if (expiresAt === null || expiresAt === undefined) return null;
  if (expiresAt <= now) badInput(field, 'must lie in the future.');
  return expiresAt;
}
