import type { AuditActor, AuditEnd, AuditLog } from '#mongo/audit/log.ts';

export type { AuditLog, AuditOccurrence } from '#mongo/audit/log.ts';

/** The part of a caller that the audit log records. */
export function toActor(caller: AuditActor): AuditActor {
  const { kind, keyId, appId, subject, issuerId, memberId, service } = caller;
  return {
    ...{ kind, keyId, appId, subject },
    ...(issuerId === undefined ? {} : { issuerId }),
    ...(memberId === undefined ? {} : { memberId }),
    ...(service === undefined ? {} : { service }),
  };
}

/** A change that a start of the mesh, a sweep or a command makes by itself. */
interface StartChange {
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly tenantId?: string | null;
  /** Without secrets. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** What stands for the request; the default is `start`. */
  readonly requestId?: string;
}

/**
 * Runs the change between the two writes of its record; its actor is the mesh itself. Where `run` has changed nothing, which it
 * returns false for, no record stays.
 */
export async function auditedStart(
  audit: AuditLog | undefined,
  {
    action,
    targetType,
    targetId,
    tenantId = null,
    before = null,
    after = null,
    requestId = 'start',
  }: StartChange,
  run: () => Promise<boolean>,
): Promise<boolean> {
  if (audit === undefined) return run();
  const id = await audit.begin({
    tenantId,
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
    action,
    targetType,
    targetId,
    arguments: null,
    requestId,
    clientAddress: null,
  });
  const end = (outcome: AuditEnd['outcome'], errorCode: string | null) =>
    audit.end(id, { outcome, errorCode, targetType, targetId, before, after });
  try {
    const hasChanged = await run();
    if (hasChanged) await end('SUCCEEDED', null);
    else await audit.discard(id);
    return hasChanged;
  } catch (error) {
    await end('FAILED', 'INTERNAL');
    throw error;
  }
}
