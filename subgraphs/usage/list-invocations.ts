import type { Connection as Database } from 'mongoose';
import { type InvocationRecord, type InvocationStatus, invocations } from '#mongo/invocations.ts';
import type { Caller } from '#schema/caller.ts';
import { type Connection, findPage, type PageArgs } from '../shared/connection.ts';
import { visibleRows } from './deps.ts';

export interface InvocationFilter {
  readonly from?: Date | null;
  readonly to?: Date | null;
  readonly tenantId?: string | null;
  readonly appId?: string | null;
  readonly keyId?: string | null;
  readonly model?: string | null;
  readonly promptId?: string | null;
  readonly status?: InvocationStatus | null;
  readonly kind?: string | null;
  readonly errorCode?: string | null;
}

/** Rows that fit every field given and that the caller may see, the newest first. */
export function listInvocations(
  database: Database,
  filter: InvocationFilter | null,
  caller: Caller,
  page: PageArgs,
): Promise<Connection<InvocationRecord>> {
  const { from, to, tenantId, model, ...equal } = filter ?? {};
  const visible = visibleRows(caller);
  const given = Object.entries({ ...equal, modelId: model }).filter(([, value]) => value != null);
  const startedAt = { ...(from == null ? {} : { $gte: from }), ...(to == null ? {} : { $lt: to }) };
  return findPage(
    invocations(database),
    {
      ...visible,
      ...(tenantId == null ? {} : ofTenant(tenantId, visible.tenantId)),
      ...Object.fromEntries(given),
      ...(Object.keys(startedAt).length === 0 ? {} : { startedAt }),
    },
    { startedAt: -1, _id: -1 },
    page,
  );
}

/** Nothing, where the caller sees another tenant alone. */
function ofTenant(tenantId: string, visibleId: string | undefined) {
  return { tenantId: visibleId === undefined || visibleId === tenantId ? tenantId : { $in: [] } };
}
