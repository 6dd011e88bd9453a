import type { Connection } from 'mongoose';
import { type Eraser, type Erasers, eraseByDeleting, readEndUserId } from '#mongo/eraser.ts';
import { issuers } from '#mongo/issuers.ts';
import { pageTokens } from '#mongo/page-tokens.ts';
import { sessions } from '#mongo/sessions.ts';
import { callersChanged, type TenantsDeps } from '../deps.ts';
import { type Claims, readText } from '../identity/claims.ts';

/** The steps of erasures in the collections of this part. */
export function createTenantsErasers(deps: Pick<TenantsDeps, 'connection' | 'bus'>): Erasers {
  const { connection } = deps;
  /** What a process remembers of the callers ends with their records. */
  const forgettingCallers = (eraser: Eraser): Eraser => ({
    ...eraser,
    finish: ({ tenantId }) => callersChanged(deps, tenantId),
  });
  return {
    END_USER: {
      pageTokens: forgettingCallers(
        eraseByDeleting(connection, pageTokens, (subject) => ({
          tenantId: subject.tenantId,
          endUserId: readEndUserId(subject),
        })),
      ),
      sessions: forgettingCallers(eraseSessionsOfEndUser(connection)),
    },
  };
}

const endUserIdMax = 256;

/** Browser sessions of a person whose issuer states the end user. */
function eraseSessionsOfEndUser(connection: Connection): Eraser {
  const records = sessions(connection);
  return {
    async find(subject, after, max) {
      const { tenantId } = subject;
      const endUserId = readEndUserId(subject);
      const stating = await issuers(connection)
        .find({ 'claims.endUser': { $ne: null } }, { claims: 1 })
        .lean();
      const paths = new Map(stating.map(({ _id, claims }) => [_id, claims.endUser]));
      const found = await records
        .find(
          {
            ...{ tenantId, issuerId: { $in: [...paths.keys()] }, claims: { $ne: null } },
            ...(after === null ? {} : { _id: { $gt: after } }),
          },
          { issuerId: 1, claims: 1 },
        )
        .sort({ _id: 1 })
        .limit(max)
        .lean();
      const ofEndUser = found.filter(({ issuerId, claims }) => {
        const path = paths.get(issuerId ?? '') ?? null;
        return claims !== null && readText(JSON.parse(claims) as Claims, path, endUserIdMax) === endUserId;
      });
      const next = found.length < max ? null : (found.at(-1)?._id ?? null);
      return { found: { sessions: ofEndUser.map(({ _id }) => _id) }, next };
    },
    async erase(_subject, found) {
      await records.deleteMany({ _id: { $in: [...(found.sessions ?? [])] } });
    },
  };
}
