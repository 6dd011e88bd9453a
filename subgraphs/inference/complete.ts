import type { Caller } from '#core/caller.ts';
import { isEndedByMesh } from '#core/connection-lost.ts';
import { createOverloadedError, type HeddleError } from '#core/errors.ts';
import { bindPolicy } from '#core/policies.ts';
import { beginCall, type CallAdmission } from '#inference/admission/invoke.ts';
import { answerNotKept } from '#inference/admission/unkept.ts';
import { type CompletionData, withLimits } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { type ClosedInvocation, toAnswerError } from '#inference/execution/outcome.ts';
import type { Meters } from '#inference/metering/meters.ts';
import { toClosedInvocation } from '#inference/read.ts';
import type { CachePolicy, CompletionRequest } from '#inference/request.ts';

/** Longer than any completion runs. */
const waitMsMax = 3_600_000;
/** Calls waited for that die with their processes, one after the other, before the death is the answer. */
const deadCallsMax = 3;

/**
 * Begins the completion, and waits for its end. Throws the failure with its code and completionId. When the client goes, the call is
 * stopped as onDisconnect states, unless it has an idempotency key: then the client may come back for the answer, where that is
 * kept. `meters`
 * may hold a reservation for the call.
 */
export async function complete(
  request: CompletionRequest,
  caller: Caller,
  cachePolicy: CachePolicy | null,
  signal: AbortSignal,
  engine: InferenceEngine,
  meters?: Meters,
): Promise<CompletionData> {
  const { onDisconnect, idempotencyKey, labels } = request;
  const isFetchedLater = idempotencyKey !== null && labels.retention !== 'NONE';
  const stops = onDisconnect === 'CANCEL' && !isFetchedLater;
  let begun: CallAdmission;
  let ended: ClosedInvocation;
  for (let deadCalls = 0; ; deadCalls++) {
    const options = {
      mode: 'WHOLE',
      cachePolicy,
      onDisconnect,
      ...(meters === undefined || deadCalls > 0 ? {} : { meters }),
    } as const;
    begun = await beginCall(request, caller, options, engine);
    ended = await waitForEnd(begun, caller, signal, stops, engine);
    // The call that the key stood for died while it was waited for: the key is free again.
    const isFree = begun.kind === 'EXISTING' && ended.completion.orphaned === true && !signal.aborted;
    if (!isFree || deadCalls >= deadCallsMax) break;
  }
  const error = toAnswerError(ended);
  if (error !== null) throw error;
  // Of a call in another process that has not ended within the wait: half an answer is never a success.
  if (ended.completion.status === 'RUNNING') throw stillRunning(ended.completion.id);
  if (ended.completion.unkept) throw answerNotKept(ended.completion.id);
  if (begun.kind !== 'RUNNING') return ended.completion;
  return withLimits(ended.completion, begun.invocation.start.meters.listLimits());
}

function stillRunning(completionId: string): HeddleError {
  return createOverloadedError('The call that used this idempotencyKey first is still running.', {
    completionId,
  });
}

async function waitForEnd(
  begun: CallAdmission,
  caller: Caller,
  signal: AbortSignal,
  stops: boolean,
  { reader }: Pick<InferenceEngine, 'reader'>,
): Promise<ClosedInvocation> {
  if (begun.kind === 'ANSWERED') return { completion: begun.completion, failure: null };
  if (begun.kind === 'EXISTING')
    return toClosedInvocation(
      await reader.outcome(begun.id, bindPolicy('own-call', caller), waitMsMax, signal),
    );
  const { invocation } = begun;
  if (!stops) return invocation.done;
  const onLeave = () => {
    if (isEndedByMesh(signal)) invocation.stop('The gateway of the client was lost, or has ended.');
    else invocation.cancel('The client has gone.');
  };
  if (signal.aborted) onLeave();
  signal.addEventListener('abort', onLeave, { once: true });
  const ended = await invocation.done;
  signal.removeEventListener('abort', onLeave);
  return ended;
}
