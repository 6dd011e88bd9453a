import { HeddleError } from '#core/errors.ts';
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
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Reads between the two writes of an audit record of its own. Rejects where one of them fails, so that nothing is returned that is not
 * noted. `describe` states what was found, as plain JSON without its content.
 */
export async function withRecordedRead<T>(
  { action, target, details }: RecordedRead,
  { caller, requestId, clientRequestId, clientAddress }: ReadRequest,
  { audit }: Pick<AuditServices, 'audit'>,
  run: () => Promise<T>,
  describe: (result: T) => unknown = () => null,
): Promise<T> {
  const named = { targetType: target?.type ?? null, targetId: target?.id ?? null };
  const id = await audit.begin({
    tenantId: caller.tenantId,
    actor: toActor(caller),
    action,
    ...named,
    arguments: details ?? null,
    requestId,
    ...(clientRequestId === null ? {} : { clientRequestId }),
    clientAddress,
  });
  let result: T;
  try {
    result = await run();
  } catch (error) {
    const errorCode = error instanceof HeddleError ? error.code : 'INTERNAL';
    await audit.end(id, { outcome: 'FAILED', errorCode, ...named, before: null, after: null });
    throw error;
  }
  const after = describe(result);
  await audit.end(id, { outcome: 'SUCCEEDED', errorCode: null, ...named, before: null, after });
  return result;
}
