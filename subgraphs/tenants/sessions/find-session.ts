import { noPepper } from '#mongo/key-pepper.ts';
import { type SessionRecord, sessions } from '#mongo/sessions.ts';
import { readNow, type TenantsDeps } from '../deps.ts';
import { sessionLifetimes } from './session-lifetimes.ts';

/** How exactly the last use is kept, at most: not every request is a write. */
const useMsMax = 60_000;

type FindSessionDeps = Pick<TenantsDeps, 'connection' | 'now' | 'pepper' | 'sessionLifetimes'>;

/** The session of a cookie with this SHA-256, which counts as used now; null when there is none or it has ended. */
export async function findSession(digest: string, deps: FindSessionDeps): Promise<SessionRecord | null> {
  const { pepper = noPepper, sessionLifetimes: { idleMs } = sessionLifetimes } = deps;
  const records = sessions(deps.connection);
  const session = await records.findOne({ sessionHash: { $in: [...pepper.forms(digest)] } }).lean();
  const now = readNow(deps);
  if (!session || session.expiresAt <= now) return null;
  const idleSinceMs = now.getTime() - session.lastUsedAt.getTime();
  if (idleSinceMs >= idleMs) return null;
  if (idleSinceMs >= Math.min(useMsMax, idleMs / 10)) {
    await records.updateOne({ _id: session._id }, { $set: { lastUsedAt: now } });
  }
  return session;
}
