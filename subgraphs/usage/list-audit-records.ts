import type { Connection as Database } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import { type AuditRecord, auditIdAt, auditLog } from '#mongo/audit-log.ts';
import { type Connection, findPage, type PageArgs } from '../runtime/connection.ts';
import { given, type TimeOrder } from '../runtime/list-input.ts';
import { visibleRecords } from './deps.ts';

interface AuditFilter {
  readonly from?: Date | null;
  readonly to?: Date | null;
  readonly tenantId?: string | null;
  readonly action?: string | null;
  readonly outcome?: AuditRecord['outcome'] | null;
  readonly keyId?: string | null;
  readonly appId?: string | null;
  readonly subject?: string | null;
  readonly targetType?: string | null;
  readonly targetId?: string | null;
  readonly requestId?: string | null;
}

/** Records that fit every field given and that the caller may see. Ids begin with the time, and are the order. */
export function listAuditRecords(
  {
    filter,
    orderBy,
    ...page
  }: PageArgs & { readonly filter?: AuditFilter | null; readonly orderBy?: TimeOrder | null },
  caller: Caller,
  database: Database,
): Promise<Connection<AuditRecord>> {
  const { from, to, tenantId, keyId, appId, subject, ...equal } = filter ?? {};
  const visible = visibleRecords(caller);
  const isOther = tenantId != null && visible.tenantId !== undefined && tenantId !== visible.tenantId;
  const range = given({ $gte: from && auditIdAt(from), $lt: to && auditIdAt(to), $in: isOther ? [] : null });
  const where = {
    ...given({
      ...equal,
      'actor.keyId': keyId,
      'actor.appId': appId,
      'actor.subject': subject,
      tenantId,
    }),
    ...visible,
    ...(Object.keys(range).length === 0 ? {} : { _id: range }),
  };
  return findPage(auditLog(database), where, { _id: orderBy === 'OLDEST_FIRST' ? 1 : -1 }, page);
}
