import { badInput } from '#core/input.ts';

/** When a key ends: in the future, or never (null). */
export function checkedExpiry(expiresAt: Date | null | undefined, field: string, now: Date): Date | null {
  if (expiresAt === null || expiresAt === undefined) return null;
  if (expiresAt <= now) badInput(field, 'must lie in the future.');
  return expiresAt;
}
