import { createHash, randomBytes } from 'node:crypto';
import type { TenantsDeps } from '../deps.ts';

const path = '/auth/invitation';
const dayMs = 86_400_000;
/** How long an invitation is listed after its links have ended. */
const listedDays = 90;

/** The secret of a new link, 256 random bits, and what is kept of it. */
export function createInvitationSecret(): { readonly secret: string; readonly secretHash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, secretHash: hashInvitationSecret(secret) };
}

export function hashInvitationSecret(secret: string): string {
  return createHash('sha256').update(`invitation\n${secret}`).digest('hex');
}

/** The link with a secret: a whole address where HEDDLE_PUBLIC_URL is set, otherwise a path of the gateway. */
export function toInvitationLink(secret: string, { publicUrl = '' }: Pick<TenantsDeps, 'publicUrl'>): string {
  return `${publicUrl}${path}?${new URLSearchParams({ token: secret })}`;
}

/** The dates of an invitation whose links are valid for so many days from now on. */
export function computeInvitationDates(
  now: Date,
  days: number,
): { readonly expiresAt: Date; readonly purgeAt: Date } {
  const expiresAt = new Date(now.getTime() + days * dayMs);
  return { expiresAt, purgeAt: new Date(expiresAt.getTime() + listedDays * dayMs) };
}
