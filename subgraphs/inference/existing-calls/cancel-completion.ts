import type { CompletionData } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { SubgraphContext } from '../../runtime/context.ts';
import type { AuditServices } from '../../runtime/policy/audited.ts';
import { readCalls } from '../../runtime/policy/audited-calls.ts';

/** How long another process gets to stop a completion before it is shown as it stands. */
const waitMsMax = 5_000;

/** Stops a running completion, here or, through the bus, in the process that runs it. NOT_FOUND when it is not the caller's. */
export async function cancelCompletion(
  id: string,
  context: SubgraphContext,
  { running, reader, bus }: InferenceEngine,
  services: AuditServices,
): Promise<CompletionData> {
  const { signal } = context;
  const completion = await readCalls(context, services, (reach) => reader.get(id, reach));
  if (completion.status !== 'RUNNING') {
    context.unchanged();
    return completion;
  }
  await context.auditTarget({ type: 'Completion', id });
  context.audit({ type: 'Completion', id });
  const local = running.get(id);
  if (local === undefined) await bus.publish('completion.cancel', { completionId: id });
  else local.cancel('It was cancelled by its caller.');
  return reader.outcome(id, context.reach('own-call'), waitMsMax, signal);
}
