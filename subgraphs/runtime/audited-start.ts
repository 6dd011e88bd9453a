import type { AuditEnd, AuditLog } from '#mongo/audit-log.ts';

export type { AuditLog, AuditOccurrence } from '#mongo/audit-log.ts';

/** A change that a start of the mesh, or a command, makes by itself. */
interface StartChange {
  readonly action: string;
  readonly targetType: string;
  readonly targetId: string;
  readonly tenantId?: string | null;
  /** Without secrets. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Runs the change between the two writes of its record; its actor is the mesh itself. */
export async function auditedStart<T>(
  audit: AuditLog | undefined,
  { action, targetType, targetId, tenantId = null, before = null, after = null }: StartChange,
  run: () => Promise<T>,
): Promise<T> {
  if (audit === undefined) return run();
  const id = await audit.begin({
    tenantId,
    actor: { kind: 'SYSTEM', keyId: null, appId: null, subject: null },
    action,
    arguments: null,
    requestId: 'start',
    clientAddress: null,
  });
  const end = (outcome: AuditEnd['outcome'], errorCode: string | null) =>
    audit.end(id, { outcome, errorCode, targetType, targetId, before, after });
  try {
    const result = await run();
    await end('SUCCEEDED', null);
    return result;
  } catch (error) {
    await end('FAILED', 'INTERNAL');
    throw error;
  }
}
