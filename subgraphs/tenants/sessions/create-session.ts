import { type SessionRecord, sessions } from '#mongo/sessions.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { createSessionText } from './session-digest.ts';
import { sessionLifetimes } from './session-lifetimes.ts';

/** Of one key or person: a further one ends the oldest. */
const sessionsMax = 100;

/** The text of the cookie is returned once. */
export interface StartedSession {
  readonly cookie: string;
  readonly expiresAtMs: number;
  readonly lifetimeSeconds: number;
}

/** What a session is of: a key, or a person with the claims that its identity provider stated. */
export type SessionOwner = Pick<SessionRecord, 'tenantId' | 'keyId' | 'issuerId' | 'subject' | 'claims'>;

/** Those of the sessions of one key or person. */
export function toOwnerFilter({ keyId, issuerId, subject }: Omit<SessionOwner, 'tenantId' | 'claims'>) {
  return keyId === null ? { issuerId, subject } : { keyId };
}

/** Creates a session, which ends at `endsAtMs` at the latest. */
export async function createSession(
  owner: SessionOwner,
  endsAtMs: number | null,
  context: TenantsContext,
  deps: TenantsDeps,
): Promise<StartedSession> {
  const now = readNow(deps);
  const { absoluteMs } = deps.sessionLifetimes ?? sessionLifetimes;
  const expiresAtMs = Math.min(now.getTime() + absoluteMs, endsAtMs ?? Number.POSITIVE_INFINITY);
  const { text, sessionHash } = createSessionText(deps);
  const shown = {
    ...owner,
    _id: randomId(),
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(expiresAtMs),
  };
  const target = { tenantId: owner.tenantId, type: 'Session', id: shown._id };
  await context.auditTarget(target);
  await sessions(deps.connection).create({ ...shown, sessionHash });
  await endOldest(owner, deps);
  const { claims: _, ...after } = shown;
  context.audit({ ...target, after });
  return { cookie: text, expiresAtMs, lifetimeSeconds: (expiresAtMs - now.getTime()) / 1_000 };
}

async function endOldest(owner: SessionOwner, { connection }: TenantsDeps): Promise<void> {
  const records = sessions(connection);
  const beyond = await records
    .find(toOwnerFilter(owner), { _id: 1 })
    .sort({ createdAt: -1 })
    .skip(sessionsMax)
    .lean();
  if (beyond.length > 0) await records.deleteMany({ _id: { $in: beyond.map(({ _id }) => _id) } });
}
