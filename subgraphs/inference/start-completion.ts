import type { Caller } from '#core/caller.ts';
import { bindPolicy } from '#core/policies.ts';
import { beginCall } from '#inference/admission/invoke.ts';
import { type CompletionData, withLimits } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { Meters } from '#inference/metering/meters.ts';
import type { CompletionRequest } from '#inference/request.ts';

/** Begins a completion in the background, and returns its current state: RUNNING, unless its idempotency key was used before. */
export async function startCompletion(
  request: CompletionRequest,
  caller: Caller,
  engine: InferenceEngine,
  meters?: Meters,
): Promise<CompletionData> {
  const options = {
    mode: 'STREAM',
    cachePolicy: null,
    onDisconnect: 'KEEP',
    ...(meters === undefined ? {} : { meters }),
  } as const;
  const begun = await beginCall(request, caller, options, engine);
  if (begun.kind === 'RUNNING') {
    const { invocation } = begun;
    return withLimits(invocation.running(), invocation.start.meters.listLimits());
  }
  return begun.kind === 'ANSWERED'
    ? begun.completion
    : engine.reader.get(begun.id, bindPolicy('own-call', caller));
}
