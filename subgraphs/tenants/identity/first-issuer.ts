import type { Connection } from 'mongoose';
import { orConflict } from '#core/input.ts';
import { firstIssuerId, issuers } from '#mongo/issuers.ts';
import type { Bus } from '#state/bus/bus.ts';
import { type AuditLog, auditedStart } from '../../runtime/policy/audited-start.ts';
import { bindToUrl, endIssuerSessions } from '../members/issuer-binding.ts';
import { standardClaims } from './save-issuer.ts';

interface FirstIssuer {
  /** HEDDLE_OIDC_ISSUER; undefined: it is not set. */
  readonly issuer: string | undefined;
  /** HEDDLE_OIDC_AUDIENCE. */
  readonly audience: readonly string[];
  readonly audit?: AuditLog;
  readonly bus: Bus;
  readonly now?: () => number;
}

/**
 * Keeps the issuer `default` in step with the environment: call it at each start. It is made, changed, or deleted where it
 * was the environment's; its claims and rules stay as saveIssuer has made them. Another URL vouches for none of its
 * members. The issuer itself is not called.
 */
export async function ensureFirstIssuer(connection: Connection, options: FirstIssuer): Promise<void> {
  const { issuer, audience, audit, bus } = options;
  const records = issuers(connection);
  const before = await records.findById(firstIssuerId).lean();
  const record = (action: string, after: unknown, run: () => Promise<boolean>) =>
    auditedStart(audit, { action, targetType: 'Issuer', targetId: firstIssuerId, before, after }, run);
  if (issuer === undefined) {
    if (before?.fromEnvironment !== true) return;
    await record('issuer.delete', null, async () => {
      await bindToUrl(before, connection);
      const { deletedCount } = await records.deleteOne({ _id: firstIssuerId, fromEnvironment: true });
      await endIssuerSessions(firstIssuerId, connection);
      return deletedCount > 0;
    });
  } else {
    const fields = { issuer, audience: [...audience], fromEnvironment: true };
    if (before !== null && isSame(before, fields)) return;
    const made = { jwksUrl: null, claims: standardClaims, rules: [] };
    const createdAt = new Date(options.now?.() ?? Date.now());
    await record('issuer.save', fields, async () => {
      const isOther = before?.issuer !== issuer;
      if (before !== null && isOther) await bindToUrl(before, connection);
      const { modifiedCount, upsertedCount } = await orConflict(
        records
          .updateOne(
            { _id: firstIssuerId },
            { $set: fields, $setOnInsert: { ...made, createdAt } },
            { upsert: true },
          )
          .exec(),
        'HEDDLE_OIDC_ISSUER is the URL of another issuer that saveIssuer has made: delete one of them.',
      );
      if (isOther) await endIssuerSessions(firstIssuerId, connection);
      return modifiedCount + upsertedCount > 0;
    });
  }
  await bus.publish('callers.changed', { tenantId: null });
}

interface StatedFields {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly fromEnvironment?: boolean;
}

function isSame(stored: StatedFields, stated: StatedFields): boolean {
  return (
    stored.issuer === stated.issuer &&
    stored.fromEnvironment === stated.fromEnvironment &&
    JSON.stringify(stored.audience) === JSON.stringify(stated.audience)
  );
}
