import type { ChangeTarget } from '../context.ts';
import type { AuditServices, ReadRequest } from './audited.ts';
import { toActor } from './audited-start.ts';

/** What is read. */
export interface RecordedRead {
  /** What @audited of the field names. */
  readonly action: string;
  /** Null: several things, which `details` describes. */
  readonly target: Pick<ChangeTarget, 'type' | 'id'> | null;
  /** Plain JSON without content of what is read. */
  readonly details?: unknown;
}

/**
 * Writes an audit record of its own for a read that is noted each time: to be awaited before anything of it is returned. Rejects where it
 * cannot be written, so that nothing is read that is not noted.
 */
export async function recordRead(
  { action, target, details = null }: RecordedRead,
  { caller, requestId, clientRequestId, clientAddress }: ReadRequest,
  { audit }: Pick<AuditServices, 'audit'>,
): Promise<void> {
  const named = { targetType: target?.type ?? null, targetId: target?.id ?? null };
  const id = await audit.begin({
    tenantId: caller.tenantId,
    actor: toActor(caller),
    action,
    ...named,
    arguments: details,
    requestId,
    ...(clientRequestId === null ? {} : { clientRequestId }),
    clientAddress,
  });
  await audit.end(id, { outcome: 'SUCCEEDED', errorCode: null, ...named, before: null, after: null });
}
