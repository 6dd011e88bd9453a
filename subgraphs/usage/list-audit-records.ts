import type { Connection as Database } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { type AuditRecord, auditIdAt, auditLog } from '#mongo/audit/log.ts';
import { type Connection, findPage } from '../runtime/connection.ts';
import { given } from '../runtime/list-input.ts';
import { visibleRecords } from './deps.ts';
import type { QueryAuditLogArgs } from './generated.ts';

/** Records that match every specified field and that the caller may see. Ids begin with the time, and are the order. */
export function listAuditRecords(
  { filter, orderBy, ...page }: QueryAuditLogArgs,
  caller: Caller,
  database: Database,
): Promise<Connection<AuditRecord>> {
  const { from, to, tenantId, keyId, appId, subject, issuerId, memberId, service, ...equal } = filter ?? {};
  const visible = visibleRecords(caller);
  const isOther = tenantId != null && visible.tenantId !== undefined && tenantId !== visible.tenantId;
  const range = given({ $gte: from && auditIdAt(from), $lt: to && auditIdAt(to), $in: isOther ? [] : null });
  const where = {
    ...given({
      ...equal,
      'actor.keyId': keyId,
      'actor.appId': appId,
      'actor.subject': subject,
      'actor.issuerId': issuerId,
      'actor.memberId': memberId,
      'actor.service': service,
      tenantId,
    }),
    ...visible,
    ...(Object.keys(range).length === 0 ? {} : { _id: range }),
  };
  return findPage(auditLog(database), where, { _id: orderBy === 'OLDEST_FIRST' ? 1 : -1 }, page);
}
