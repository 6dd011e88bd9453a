import type { AuditRecord } from '#mongo/audit/log.ts';

/** The version of the schema that exported events follow. */
const ocsfVersion = '1.8.0';

const activities = { create: 1, read: 2, update: 3, remove: 4, other: 99 } as const;
const names = { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' } as const;

/** The verbs that actions end with. */
const verbs: Readonly<Record<string, keyof typeof activities>> = {
  ...{
    create: 'create',
    add: 'create',
    copy: 'create',
    publish: 'create',
    request: 'create',
    invite: 'create',
  },
  ...{ read: 'read', list: 'read' },
  ...{
    update: 'update',
    save: 'update',
    rotate: 'update',
    assign: 'update',
    label: 'update',
    decide: 'update',
  },
  ...{ archive: 'update', restore: 'update', deprecate: 'update', retire: 'update', activate: 'update' },
  ...{ delete: 'remove', remove: 'remove', revoke: 'remove', withdraw: 'remove', erase: 'remove' },
};

/** A record of the audit log as an event of OCSF: API Activity (6003) of Application Activity (6). */
export function toOcsf(record: AuditRecord): object {
  const { actor, action, outcome, errorCode, targetType, targetId } = record;
  const verb = action.slice(action.lastIndexOf('.') + 1);
  const activity_id = activities[verbs[verb] ?? 'other'];
  const failed = outcome === 'FAILED' || outcome === 'REFUSED';
  const status_id = outcome === 'SUCCEEDED' ? 1 : failed ? 2 : 0;
  const user = actor.subject ?? actor.keyId ?? actor.kind;
  return {
    activity_id,
    activity_name: activity_id === 99 ? verb : names[activity_id],
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: 6003,
    class_name: 'API Activity',
    type_uid: 600_300 + activity_id,
    time: record.at.getTime(),
    severity_id: outcome === 'REFUSED' ? 2 : 1,
    status_id,
    status: status_id === 1 ? 'Success' : status_id === 2 ? 'Failure' : 'Unknown',
    ...(errorCode !== null && { status_code: errorCode }),
    count: record.count ?? 1,
    ...(record.lastAt && { start_time: record.at.getTime(), end_time: record.lastAt.getTime() }),
    metadata: {
      version: ocsfVersion,
      product: { name: 'Heddle', vendor_name: 'Heddle' },
      uid: record._id,
      event_code: action,
      log_name: record.chain ?? 'audit',
      ...(record.sequence && { sequence: record.sequence }),
      ...(record.tenantId !== null && { tenant_uid: record.tenantId }),
      ...(record.clientRequestId != null && { correlation_uid: record.clientRequestId }),
    },
    actor: {
      user: { uid: user, type_id: 99, type: actor.kind },
      ...(actor.issuerId !== undefined && { idp: { uid: actor.issuerId } }),
      ...(actor.appId !== null && { app_uid: actor.appId }),
    },
    api: { operation: action, request: { uid: record.requestId } },
    src_endpoint: record.clientAddress === null ? { name: 'unknown' } : { ip: record.clientAddress },
    ...(targetId !== null && {
      resources: [{ uid: targetId, ...(targetType !== null && { type: targetType }) }],
    }),
    unmapped: {
      arguments: record.arguments,
      before: record.before,
      after: record.after,
      outcome,
      ...(record.hash && { hash: record.hash, previous_hash: record.previousHash }),
    },
  };
}
