import { HeddleError } from '#core/errors.ts';
import { type SessionRecord, sessions } from '#mongo/sessions.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { randomId } from '../keys/ids.ts';
import type { TenantsContext } from '../loaders.ts';
import { createSessionText } from './session-digest.ts';
import { sessionLifetimes } from './session-lifetimes.ts';

/** Of one key: a further one ends the oldest. */
const sessionsPerKeyMax = 100;

/** The text of the cookie is returned once. */
export interface StartedSession {
  readonly cookie: string;
  readonly expiresAtMs: number;
  readonly lifetimeSeconds: number;
}

/** Starts a browser session with the caller's key. FORBIDDEN to page tokens, and to what is a session already. */
export async function startSession(context: TenantsContext, deps: TenantsDeps): Promise<StartedSession> {
  const { caller } = context;
  const { keyId, tenantId } = caller;
  if (keyId === null || tenantId === null || caller.endUserId !== null || caller.sessionId !== undefined) {
    throw new HeddleError('FORBIDDEN', 'A session is started with an API key, not with a token made of one.');
  }
  const now = readNow(deps);
  const { absoluteMs } = deps.sessionLifetimes ?? sessionLifetimes;
  const endsAtMs = Math.min(now.getTime() + absoluteMs, caller.expiresAtMs ?? Number.POSITIVE_INFINITY);
  const { text, sessionHash } = createSessionText(deps);
  const record: SessionRecord = {
    _id: randomId(),
    sessionHash,
    tenantId,
    keyId,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(endsAtMs),
  };
  const { sessionHash: _, ...shown } = record;
  await context.auditTarget({ tenantId, type: 'Session', id: record._id });
  await sessions(deps.connection).create(record);
  await endOldest(keyId, deps);
  context.audit({ tenantId, type: 'Session', id: record._id, after: shown });
  return { cookie: text, expiresAtMs: endsAtMs, lifetimeSeconds: (endsAtMs - now.getTime()) / 1_000 };
}

async function endOldest(keyId: string, { connection }: TenantsDeps): Promise<void> {
  const records = sessions(connection);
  const beyond = await records
    .find({ keyId }, { _id: 1 })
    .sort({ createdAt: -1 })
    .skip(sessionsPerKeyMax)
    .lean();
  if (beyond.length > 0) await records.deleteMany({ _id: { $in: beyond.map(({ _id }) => _id) } });
}
