import { createOverloadedError } from '#core/errors.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { findHoldOfCall } from '#inference/holding/find-hold-of-call.ts';
import { toAttachmentId } from '#inference/ledger/attachment.ts';
import { refuseHeld } from '#mongo/legal-holds.ts';
import type { SubgraphContext } from '../../runtime/context.ts';
import type { AuditServices } from '../../runtime/policy/audited.ts';
import { cancelCompletion } from './cancel-completion.ts';

/** Deletes what is stored of a completion beside its row, after it has ended. NOT_FOUND when it is not the caller's, CONFLICT when a legal hold keeps it. */
export async function deleteCompletion(
  id: string,
  context: SubgraphContext,
  engine: InferenceEngine,
  services: AuditServices,
): Promise<string> {
  const { reader, results, payloadLog } = engine;
  const completion = await reader.get(id, context.reach('own-call'));
  await context.auditTarget({ type: 'Completion', id });
  const hold = await findHoldOfCall(engine.connection, id);
  if (hold !== null) throw refuseHeld(hold);
  if (completion.status === 'RUNNING') {
    const { status } = await cancelCompletion(id, context, engine, services);
    // Its end would store what was deleted.
    if (status === 'RUNNING')
      throw createOverloadedError('The completion has not ended yet: delete it again.');
  }
  await results.remove([id, toAttachmentId(id)]);
  await payloadLog.remove([id]);
  context.audit({ type: 'Completion', id });
  return id;
}
